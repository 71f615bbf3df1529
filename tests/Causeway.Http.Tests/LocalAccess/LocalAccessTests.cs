using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Causeway.Http.Tests;

/// <summary>E4: who is admin without a credential, condition by condition, on real connections.</summary>
public sealed class LocalAccessTests : IAsyncLifetime
{
    private const string IsLocal = "local";
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await StartAsync(static _ => { });

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("LocalHost")]
    [InlineData("[::1]")]
    public async Task Explain_OwnProcessWithLocalHost_IsLocal(string host)
    {
        Assert.Equal(IsLocal, await AskAsync(_server, $"{host}:{_server.BaseAddress.Port}"));
        Assert.Equal(IsLocal, await AskAsync(_server, host));
    }

    [Theory]
    [InlineData("attacker.example")]
    [InlineData("127.0.0.1.attacker.example")]
    [InlineData("localhost.attacker.example")]
    [InlineData("localhost.")]
    [InlineData("127.0.0.2")]
    [InlineData("2130706433")]
    [InlineData("0.0.0.0")]
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task Explain_ForeignHost_IsNotLocal(string host) =>
        Assert.StartsWith("Host ", await AskAsync(_server, $"{host}:{_server.BaseAddress.Port}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:{port}", IsLocal)]
    [InlineData("http://localhost:{port}", "Origin")]
    [InlineData("https://127.0.0.1:{port}", "Origin")]
    [InlineData("http://127.0.0.1:3000", "Origin")]
    [InlineData("http://127.0.0.1", "Origin")]
    [InlineData("https://attacker.example", "Origin")]
    [InlineData("null", "Origin")]
    [InlineData("", "Origin")]
    public async Task Explain_Origin_MustBeTheHost(string origin, string expected) => Assert.StartsWith(
        expected,
        await AskAsync(_server, headers: $"Origin: {origin.Replace("{port}", $"{_server.BaseAddress.Port}", StringComparison.Ordinal)}"),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("none", IsLocal)]
    [InlineData("same-origin", IsLocal)]
    [InlineData("same-site", "Sec-Fetch-Site")]
    [InlineData("cross-site", "Sec-Fetch-Site")]
    [InlineData("", "Sec-Fetch-Site")]
    public async Task Explain_SecFetchSite_MustNotBeAnother(string site, string expected) =>
        Assert.StartsWith(expected, await AskAsync(_server, headers: $"Sec-Fetch-Site: {site}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("Forwarded: for=127.0.0.1")]
    [InlineData("X-Forwarded-For: 127.0.0.1")]
    [InlineData("x-forwarded-host: localhost")]
    [InlineData("X-Forwarded-Proto:")]
    [InlineData("X-Original-For: 127.0.0.1")]
    [InlineData("X-Real-IP: 127.0.0.1")]
    [InlineData("Via: 1.1 proxy")]
    [InlineData("CF-Connecting-IP: 1.2.3.4")]
    [InlineData("True-Client-IP: 1.2.3.4")]
    [InlineData("Tailscale-User-Login: ann")]
    public async Task Explain_HeaderOfAProxy_IsNotLocal(string header) =>
        Assert.StartsWith("the header", await AskAsync(_server, headers: header), StringComparison.Ordinal);

    [Fact]
    public async Task Explain_HeadersAlone_NeverMakeLocal()
    {
        // A machine of the network, or the same machine by its network address, is refused whatever it says.
        var address = NetworkAddress();
        if (address is null)
        {
            Assert.Skip("This machine has no address besides loopback.");
        }

        await using var server = await StartAsync(static _ => { }, IPAddress.Any);
        var answer = await AskAsync(server, "127.0.0.1", "X-Forwarded-For: 127.0.0.1", address);

        Assert.Equal("the connection is not from loopback to loopback", answer);
    }

    [Fact]
    public async Task Explain_AddressRewrittenByForwardedHeaders_IsNotBelieved()
    {
        var address = NetworkAddress();
        if (address is null)
        {
            Assert.Skip("This machine has no address besides loopback.");
        }

        await using var server = await StartAsync(
            app => app.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All, KnownProxies = { address } }), IPAddress.Any);
        var answer = await AskAsync(server, "127.0.0.1", "X-Forwarded-For: 127.0.0.1", address);

        Assert.Equal("the connection is not from loopback to loopback", answer);
    }

    [Fact]
    public async Task Explain_Exposed_IsNotLocal()
    {
        await using var server = await StartAsync(static _ => { }, mode: AuthMode.Required);

        Assert.Equal("the service is exposed", await AskAsync(server));
    }

    [Fact]
    public async Task Explain_NotSetUp_IsNotLocal()
    {
        await using var server = await TestServer.StartAsync(static app => app.MapGet("/", static (HttpContext context) => LocalAccess.Explain(context)!));

        Assert.Equal("local access is not set up", await AskAsync(server));
    }

    [Fact]
    public async Task Explain_OverHttp2_IsLocalToo()
    {
        await using var server = await StartAsync(static _ => { }, protocols: HttpProtocols.Http2);
        using var request = HttpAssert.Get("/");
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;

        Assert.Equal(IsLocal, await (await server.SendAsync(request)).TextAsync());
    }

    [Fact]
    public async Task Explain_PeerOfAnotherUser_IsNotLocal()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The owner of a socket is read on Linux only.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can start a program as another user.");
        var start = new ProcessStartInfo("setpriv")
        {
            RedirectStandardOutput = true,
            ArgumentList = { "--reuid=65534", "--clear-groups", "curl", "-s", "-m", "20", $"{_server.BaseAddress}" },
        };
        using var curl = Process.Start(start)!;

        var answer = await curl.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).Within();
        await curl.WaitForExitAsync(TestContext.Current.CancellationToken).Within();

        Assert.Equal("the peer's socket belongs to another user, or its owner is not known", answer);
    }

    [Fact]
    public async Task Explain_PeerOfSameUser_IsLocalForAnotherProgramToo()
    {
        var start = new ProcessStartInfo("curl") { RedirectStandardOutput = true, ArgumentList = { "-s", "-m", "20", $"{_server.BaseAddress}" } };
        using var curl = Process.Start(start)!;

        Assert.Equal(IsLocal, await curl.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).Within());
    }

    [Fact]
    public async Task Explain_PeerGoneBeforeTheQuestion_IsNotLocal()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The owner of a socket is read on Linux only.");
        var asked = new TaskCompletionSource();
        var gone = new TaskCompletionSource();
        var answer = new TaskCompletionSource<string?>();
        await using var server = await StartAsync(app => app.MapGet("/later", async Task (HttpContext context) =>
        {
            asked.SetResult();
            await gone.Task;
            answer.SetResult(LocalAccess.Explain(context));
        }));
        using var raw = await RawConnection.OpenAsync(server.BaseAddress);
        await raw.SendAsync($"GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await asked.Task.Within();
        raw.Dispose();
        gone.SetResult();

        // By then the server may or may not have closed its own end.
        var reason = await answer.Task.Within();
        Assert.True(reason is not null && (reason.StartsWith("the peer's socket", StringComparison.Ordinal) || reason.StartsWith("the transport", StringComparison.Ordinal)), reason);
    }

    [Fact]
    public async Task IsTrusted_AskedAgainForTheConnection_KeepsTheAnswer()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The owner of a socket is read on Linux only.");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        var peer = (IPEndPoint)client.Client.LocalEndPoint!;
        var own = (IPEndPoint)client.Client.RemoteEndPoint!;
        var connection = $"{Guid.NewGuid()}";

        Assert.True(PeerOwner.IsTrusted(connection, peer, own));
        client.Client.Dispose();

        Assert.True(PeerOwner.IsTrusted(connection, peer, own));
        Assert.False(PeerOwner.IsTrusted($"{Guid.NewGuid()}", peer, own));
        Assert.False(PeerOwner.IsTrusted(null, peer, own));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("::", "127.0.0.1")]
    public async Task Find_BothWays_FindTheOwnSocketAndAgree(string listen, string connect)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads Linux's socket tables.");
        using var listener = new Socket(IPAddress.Parse(listen).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (listen == "::")
        {
            listener.DualMode = true;
        }

        listener.Bind(new IPEndPoint(IPAddress.Parse(listen), 0));
        listener.Listen();
        using var client = new Socket(IPAddress.Parse(connect).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Parse(connect), ((IPEndPoint)listener.LocalEndPoint!).Port, TestContext.Current.CancellationToken);
        using var accepted = await listener.AcceptAsync(TestContext.Current.CancellationToken);
        var near = (IPEndPoint)client.LocalEndPoint!;
        var far = (IPEndPoint)client.RemoteEndPoint!;

        var byNetlink = SocketDiagnosis.Find(near, far, out var isAvailable);
        var byProc = ProcNetTcp.Find(near, far);

        Assert.True(isAvailable);
        Assert.NotNull(byProc);
        Assert.Equal(byProc, byNetlink);
        Assert.True(byNetlink!.Value is { IsEstablished: true, Inode: not 0 });
        Assert.Equal(Libc.GetEffectiveUserId(), PeerOwner.FindUser((IPEndPoint)accepted.RemoteEndPoint!, (IPEndPoint)accepted.LocalEndPoint!));
    }

    [Fact]
    public void Find_NoSuchConnection_FindsNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads Linux's socket tables.");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var own = (IPEndPoint)listener.LocalEndpoint;

        // The kernel would offer the listener for its own address.
        Assert.Null(SocketDiagnosis.Find(own, new IPEndPoint(IPAddress.Loopback, 9), out var isAvailable));
        Assert.True(isAvailable);
        Assert.Null(ProcNetTcp.Find(own, new IPEndPoint(IPAddress.Loopback, 9)));
        Assert.Null(PeerOwner.FindUser(new IPEndPoint(IPAddress.Loopback, 9), own));
    }

    private static IPAddress? NetworkAddress() =>
        Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork).FirstOrDefault(static address => !IPAddress.IsLoopback(address));

    private static async Task<string> AskAsync(TestServer server, string host = "", string? headers = null, IPAddress? address = null)
    {
        var uri = address is null ? server.BaseAddress : new UriBuilder(server.App.Urls.Select(static url => new Uri(url)).Single(static url => url.Host == "0.0.0.0")) { Host = address.ToString() }.Uri;
        host = host.Length > 0 ? host : $"127.0.0.1:{uri.Port}";
        headers = headers is null ? "" : headers + "\r\n";
        var answer = await HttpAnswer.SendAsync(uri, $"GET / HTTP/1.1\r\nHost: {host}\r\n{headers}Connection: close\r\n\r\n").Within();
        Assert.Equal(200, answer.Status);
        return answer.Text;
    }

    private static Task<TestServer> StartAsync(
        Action<WebApplication> configure, IPAddress? listen = null, AuthMode? mode = null, HttpProtocols protocols = HttpProtocols.Http1) => TestServer.StartAsync(
        app =>
        {
            configure(app);
            app.MapGet("/", static (HttpContext context) =>
            {
                var reason = LocalAccess.Explain(context);
                return LocalAccess.IsLocal(context) == (reason is null) ? reason ?? IsLocal : "the two disagree";
            });
        },
        builder =>
        {
            if (listen is not null)
            {
                builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(listen, 0));
            }

            // What the settings say is tested apart; here the connection's own address must decide.
            builder.Services.AddLocalAccess(options =>
            {
                options.Urls.Add("http://127.0.0.1:8080");
                options.AuthMode = mode;
            });
        },
        protocols);
}
