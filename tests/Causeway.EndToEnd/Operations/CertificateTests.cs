using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>E5 of the real program: certificates that change under open connections, and files that are wrong.</summary>
public sealed class CertificateTests : IDisposable
{
    private const string Files = """{ "Server": { "Tls": { "CertificateFile": "tls.crt", "KeyFile": "tls.key" } } }""";
    private readonly TestAuthority _authority = new(TimeProvider.System.GetUtcNow());

    public void Dispose() => _authority.Dispose();

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Hangup_NewFiles_NewConnectionsGetThemAndAWebSocketLivesOn(string version)
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create(Files, "--https");
        var first = Write(causeway);
        await causeway.StartAgainAsync();
        Assert.Equal(first.Thumbprint, await ThumbprintAsync(causeway));
        using var invoker = new HttpMessageInvoker(Handler());
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("causeway.v1");
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await socket.ConnectAsync(causeway.WebSocket, invoker, CancellationToken.None).Within();
        Assert.Equal("connected", (await ReadAsync(socket)).GetProperty("type").GetString());
        await socket.SendAsync("""{"type":"join_room","ref":"1","payload":{"room_id":"tls"}}"""u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        Assert.Equal("1", (await ReadAsync(socket)).GetProperty("ref").GetString());

        var second = Write(causeway);
        causeway.Process.Process.Send(Signal.Hangup);

        await Eventually.Equal(second.Thumbprint, () => ThumbprintAsync(causeway));
        await causeway.PublishAsync("tls", "chat", """{"text":"still here"}""");
        JsonElement message;
        do
        {
            message = await ReadAsync(socket);
        }
        while (message.GetProperty("type").GetString() != "chat");
        Assert.Equal("still here", message.GetProperty("payload").GetProperty("text").GetString());
    }

    [Fact]
    public async Task Hangup_BrokenFile_SaidWithItsKeyAndTheOldOneKept()
    {
        Needs.Linux();
        await using var causeway = CausewayProcess.Create(Files, "--https");
        var first = Write(causeway);
        await causeway.StartAgainAsync();

        WriteForeignKey(causeway);
        causeway.Process.Process.Send(Signal.Hangup);

        await causeway.Process.LineAsync(static line => line.Contains("Server:Tls:KeyFile names a key that does not belong to the certificate", StringComparison.Ordinal), "the problem");
        Assert.Equal(first.Thumbprint, await ThumbprintAsync(causeway));
    }

    [Fact]
    public async Task Start_KeyOfAnotherCertificate_Exits3()
    {
        await using var causeway = CausewayProcess.Create(Files, "--https");
        Write(causeway);
        WriteForeignKey(causeway);

        var process = causeway.Launch();

        Assert.Equal(3, await process.ExitAsync());
        Assert.Contains("Server:Tls:KeyFile names a key that does not belong to the certificate", process.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_OverTls_AsksItsOwnServer()
    {
        await using var causeway = await CausewayProcess.StartAsync("{}", "--https");

        await using var health = ChildProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "causeway.dll"), "health", "--https"], causeway.Directory);

        Assert.Equal(0, await health.ExitAsync());
        Assert.Contains($"{causeway.Address}ready: ready", health.Text, StringComparison.Ordinal);
    }

    private static SocketsHttpHandler Handler()
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate!.Issuer == "CN=Test intermediate";
        return handler;
    }

    private static async Task<string> ThumbprintAsync(CausewayProcess causeway)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, causeway.Port).Within();
        await using var stream = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, static (_, certificate, _, _) => certificate is not null);
        await stream.AuthenticateAsClientAsync("localhost").Within();
        using var certificate = X509CertificateLoader.LoadCertificate(stream.RemoteCertificate!.GetRawCertData());
        return certificate.Thumbprint;
    }

    private static async Task<JsonElement> ReadAsync(ClientWebSocket socket)
    {
        var buffer = new byte[65_536];
        var length = 0;
        ValueWebSocketReceiveResult received;
        do
        {
            received = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None).Within();
            length += received.Count;
        }
        while (!received.EndOfMessage);
        Assert.Equal(WebSocketMessageType.Text, received.MessageType);
        return JsonElement.Parse(Encoding.UTF8.GetString(buffer, 0, length));
    }

    private void WriteForeignKey(CausewayProcess causeway) =>
        File.WriteAllText(Path.Combine(causeway.Directory, "tls.key"), _authority.Issue(TimeSpan.FromDays(1)).Key);

    private TestCertificate Write(CausewayProcess causeway)
    {
        var certificate = _authority.Issue(TimeSpan.FromDays(90));
        File.WriteAllText(Path.Combine(causeway.Directory, "tls.crt"), certificate.Certificates);
        File.WriteAllText(Path.Combine(causeway.Directory, "tls.key"), certificate.Key);
        return certificate;
    }
}
