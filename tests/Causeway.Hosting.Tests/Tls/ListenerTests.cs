using System.Net.Security;
using System.Security.Authentication;
using Causeway.Testing;

namespace Causeway.Hosting.Tests.Tls;

/// <summary>E5 on the wire: versions, protocols, chain, and certificates that change while connections live on.</summary>
public sealed class ListenerTests : IAsyncLifetime
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private readonly ManualTime _time = new();
    private readonly TempDirectory _files = new();
    private readonly TestAuthority _authority;
    private TestCertificate _first = null!;
    private TlsListener _listener = null!;

    public ListenerTests() => _authority = new TestAuthority(_time.GetUtcNow());

    public async ValueTask InitializeAsync()
    {
        _first = _authority.Issue(Year);
        Write(_first.Certificates, _first.Key);
        _listener = await TlsListener.StartAsync(UseFiles, _files, _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _authority.Dispose();
        _files.Dispose();
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Connect_ModernVersion_GetsTheFilesWithTheirChain(SslProtocols version)
    {
        await using var connection = await _listener.ConnectAsync(version);

        Assert.Equal(_first.Thumbprint, connection.Certificate.Thumbprint);
        Assert.Contains("CN=Test intermediate", connection.Sent);
        Assert.Equal(version, connection.Stream.SslProtocol);
        Assert.Equal("HTTP/1.1 200 OK", await connection.AskAsync("/health"));
    }

    [Fact]
    public async Task Connect_OldVersion_Refused()
    {
#pragma warning disable CS0618, SYSLIB0039, CA5397 // The very thing that must not work.
        await Assert.ThrowsAnyAsync<Exception>(() => _listener.ConnectAsync(SslProtocols.Tls11));
#pragma warning restore CS0618, SYSLIB0039, CA5397
    }

    [Fact]
    public async Task Connect_OfferingHttp2_GetsItElseHttp1()
    {
        await using var both = await _listener.ConnectAsync(SslProtocols.None, SslApplicationProtocol.Http2, SslApplicationProtocol.Http11);
        await using var old = await _listener.ConnectAsync(SslProtocols.None, SslApplicationProtocol.Http11);

        Assert.Equal(SslApplicationProtocol.Http2, both.Stream.NegotiatedApplicationProtocol);
        Assert.Equal(SslApplicationProtocol.Http11, old.Stream.NegotiatedApplicationProtocol);
    }

    [Fact]
    public async Task FilesChange_NewConnectionsGetTheNewOneAndOpenOnesLiveOn()
    {
        await using var open = await _listener.ConnectAsync();
        Assert.Equal("HTTP/1.1 200 OK", await open.AskAsync("/health"));
        var second = _authority.Issue(Year);

        Write(second.Certificates, second.Key);

        await BecomesAsync(second);
        Assert.Equal("HTTP/1.1 200 OK", await open.AskAsync("/health"));
        Assert.Single(_listener.Logs.Named("CertificateReplaced"));
    }

    [Fact]
    public async Task Reload_FilesChanged_AtOnce()
    {
        var second = _authority.Issue(Year);
        Write(second.Certificates, second.Key);

        Assert.True(await _listener.Certificates.ReloadAsync(Files(), TestContext.Current.CancellationToken));
        Assert.Equal(second.Thumbprint, await _listener.ThumbprintAsync());
        Assert.False(await _listener.Certificates.ReloadAsync(Files(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Reload_BrokenFile_RefusedAndTheOldOneKept()
    {
        File.WriteAllText(_files["tls.crt"], "nonsense");

        var exception = await Assert.ThrowsAsync<ConfigurationException>(() => _listener.Certificates.ReloadAsync(Files(), TestContext.Current.CancellationToken));

        Assert.Contains("Server:Tls:CertificateFile", exception.Message, StringComparison.Ordinal);
        Assert.Equal(_first.Thumbprint, await _listener.ThumbprintAsync());
    }

    [Fact]
    public async Task FilesHalfWritten_TheOldOneIsKeptUntilBothAreThere()
    {
        var second = _authority.Issue(Year);
        File.WriteAllText(_files["tls.crt"], second.Certificates);
        await Eventually.True(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(31));
            return _listener.Logs.Named("CertificateKept").Count > 0;
        });
        Assert.Equal(_first.Thumbprint, await _listener.ThumbprintAsync());

        File.WriteAllText(_files["tls.key"], second.Key);

        await BecomesAsync(second);
        Assert.Single(_listener.Logs.Named("CertificateKept"));
    }

    [Fact]
    public async Task FilesGoneForGood_ToldOnceAndTheOldOneKept()
    {
        File.Delete(_files["tls.key"]);
        await Eventually.True(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(31));
            return _listener.Logs.Named("CertificateKept").Count > 0;
        });

        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(31));
        }

        Assert.Equal(_first.Thumbprint, await _listener.ThumbprintAsync());
        Assert.Single(_listener.Logs.Named("CertificateKept"));
    }

    [Fact]
    public async Task Ready_LastTwoWeeks_Degraded()
    {
        var soon = _authority.Issue(TimeSpan.FromDays(15));
        Write(soon.Certificates, soon.Key);
        await _listener.Certificates.ReloadAsync(Files(), TestContext.Current.CancellationToken);
        Assert.Contains("\"ready\"", await _listener.GetAsync("/ready"), StringComparison.Ordinal);

        _time.Advance(TimeSpan.FromDays(4.5));

        var report = await _listener.GetAsync("/ready");
        Assert.Contains("the certificate expires in 10 days", report, StringComparison.Ordinal);
        Assert.StartsWith("{\"status\":\"degraded\"", report, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromDays(11));
        Assert.Contains("the certificate has expired", await _listener.GetAsync("/ready"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_TellTheEnd()
    {
        var end = (_time.GetUtcNow() + Year).ToUnixTimeSeconds();

        Assert.Contains(
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"causeway_tls_certificate_expiry_timestamp_seconds {end}"),
            await _listener.GetAsync("/metrics"),
            StringComparison.Ordinal);
    }

    private static TlsOptions Files() => new() { CertificateFile = "tls.crt", KeyFile = "tls.key" };

    private static void UseFiles(TlsSetup setup) => setup.Options = Files();

    private void Write(string certificates, string key)
    {
        File.WriteAllText(_files["tls.crt"], certificates);
        File.WriteAllText(_files["tls.key"], key);
    }

    private Task BecomesAsync(TestCertificate certificate) => Eventually.Equal(certificate.Thumbprint, () =>
    {
        _time.Advance(TimeSpan.FromSeconds(31));
        return _listener.ThumbprintAsync();
    });
}
