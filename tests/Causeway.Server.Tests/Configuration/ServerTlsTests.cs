using System.Net;
using Causeway.Hosting;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Configuration;

/// <summary>E5 in the program: <c>--https</c>, <c>Server:Tls</c>, and who is told what.</summary>
public sealed class ServerTlsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Load_HttpsFlag_TurnsEveryAddress()
    {
        var server = Load("--https", "--Server:Urls=http://127.0.0.1:8080;https://[::1]:8443", "--Server:AdminUrls=http://127.0.0.1:8081").Server;

        Assert.Equal(["https://127.0.0.1:8080", "https://[::1]:8443"], server.ListenUrls());
        Assert.Equal(["https://127.0.0.1:8081"], server.AdminListenUrls());
        Assert.True(server.UsesTls);
        Assert.False(Load().Server.UsesTls);
    }

    [Theory]
    [InlineData("--Server:Tls:KeyFile=a.key", "Server:Tls:KeyFile")]
    [InlineData("--Server:Tls:CertificateFile=a.pfx;--Server:Tls:KeyFile=a.key", "Server:Tls:KeyFile")]
    public void Load_FilesThatDoNotGoTogether_NamesTheKey(string flags, string key)
    {
        var exception = Assert.Throws<ConfigurationException>(() => Load(flags.Split(';')));

        Assert.Contains(key, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_Password_IsNeverShown()
    {
        var settings = Load("--Server:Tls:CertificateFile=a.pfx", "--Server:Tls:Password=open-sesame");

        Assert.DoesNotContain("open-sesame", settings.Configuration.View().ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_Https_ServesHttp2AndLetsTheLocalUserIn()
    {
        await using var server = await RunningServer.StartAsync("{}", "--https");
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = static (_, certificate, _, _) =>
            certificate!.Subject.Contains("Causeway self-signed", StringComparison.Ordinal);
        using var client = new HttpClient(handler)
        {
            BaseAddress = server.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var overview = await client.GetAsync("/api/v1/overview", TestContext.Current.CancellationToken);

        Assert.Equal("https", server.Address.Scheme);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (overview.StatusCode, overview.Version));
        Assert.StartsWith("self-signed", server.App.Services.DescribeCertificate(), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(server.Settings.DataDirectory, "tls", "self-signed.pem")));
    }

    [Fact]
    public async Task Start_CertificateExpired_EndsWithCode3AndTheKey()
    {
        using var authority = new TestAuthority(TimeProvider.System.GetUtcNow());
        var expired = authority.Issue(TimeSpan.FromDays(-1));
        _directory.Write("a.pem", expired.Certificates + expired.Key);
        using var error = new StringWriter();
        var app = ServerApp.Build(Load("--https", "--Server:Urls=http://127.0.0.1:0", "--Server:Tls:CertificateFile=a.pem"));

        var code = await ServiceRunner.RunAsync(app, error).Within();

        Assert.Equal(ExitCode.Configuration, code);
        Assert.Contains("Server:Tls:CertificateFile names a certificate that expired on", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Start_WithoutHttps_HasNothingOfTls()
    {
        using var app = ServerApp.Build(Load());

        Assert.Null(app.Services.DescribeCertificate());
        Assert.False(Directory.Exists(_directory["data/tls"]));
    }

    private ServerSettings Load(params string[] flags) => ServerSettings.Load(flags, RunningServer.Look(_directory.Path));
}
