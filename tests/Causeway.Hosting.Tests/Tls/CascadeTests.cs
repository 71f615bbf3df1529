using System.Security.Cryptography.X509Certificates;
using Causeway.Testing;

namespace Causeway.Hosting.Tests.Tls;

/// <summary>E5: files, else Tailscale, else mkcert, else our own; and which it was is said. The tools are scripts that answer as the real ones do.</summary>
public sealed class CascadeTests : IDisposable
{
    private const string Running = """{"BackendState":"Running","CertDomains":["box.tail1234.ts.net"]}""";
    private readonly ManualTime _time = new();
    private readonly TempDirectory _files = new();
    private readonly TestAuthority _authority;
    private readonly TestCertificate _certificate;

    public CascadeTests()
    {
        _authority = new TestAuthority(_time.GetUtcNow());
        _certificate = _authority.Issue(TimeSpan.FromDays(90));
        _files.Write("tool.crt", _certificate.Certificates);
        _files.Write("tool.key", _certificate.Key);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task Start_NothingThere_OurOwnForAllNames()
    {
        await using var listener = await StartAsync(setup =>
        {
            foreach (var name in new[] { "live.example", "*.apps.example", "192.0.2.7", "[2001:db8::1]", "0.0.0.0", "*", "LIVE.example" })
            {
                setup.Names.Add(name);
            }

            setup.ListensBeyondLoopback = true;
        });

        await using var connection = await listener.ConnectAsync();
        var certificate = connection.Certificate;
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(
            ["*.apps.example", "live.example", "localhost", Environment.MachineName.ToLowerInvariant()],
            names.EnumerateDnsNames().Order(StringComparer.Ordinal));
        Assert.Equal(["127.0.0.1", "192.0.2.7", "2001:db8::1", "::1"], names.EnumerateIPAddresses().Select(static address => address.ToString()).Order(StringComparer.Ordinal));
        Assert.InRange(certificate.NotAfter - certificate.NotBefore, TimeSpan.FromDays(300), TimeSpan.FromDays(397));
        Assert.Equal(256, certificate.GetECDsaPublicKey()!.KeySize);
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        Assert.Contains(listener.Certificates.Description, listener.Logs.Named("CertificateChosen").Single().Message, StringComparison.Ordinal);
        Assert.Contains("SHA-256 ", listener.Certificates.Description, StringComparison.Ordinal);
        Assert.Contains("Server:Tls:CertificateFile not set; Tailscale not installed; mkcert not installed", listener.Certificates.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OurOwn_IsForItsUserOnly()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no modes.");
            return;
        }

        await using var listener = await StartAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_files["tls/self-signed.pem"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_files["tls"]));
        Assert.Equal([_files["tls/self-signed.pem"]], Directory.EnumerateFileSystemEntries(_files["tls"]));
    }

    [Fact]
    public async Task Start_Again_SameUnlessNamesOrTimeAskForAnother()
    {
        var first = await StartedThumbprintAsync();
        Assert.Equal(first, await StartedThumbprintAsync());

        var named = await StartedThumbprintAsync(static setup => setup.Names.Add("live.example"));
        Assert.NotEqual(first, named);
        Assert.Equal(named, await StartedThumbprintAsync());

        _time.Advance(TimeSpan.FromDays(397 - 31));
        Assert.Equal(named, await StartedThumbprintAsync());
        _time.Advance(TimeSpan.FromDays(2));
        Assert.NotEqual(named, await StartedThumbprintAsync());
    }

    [Fact]
    public async Task Start_OurOwnUnreadable_AnotherIsMade()
    {
        _files.Write("tls/self-signed.pem", "nonsense");

        await using var listener = await StartAsync();

        Assert.Contains("O=Causeway self-signed", (await listener.ConnectAsync()).Certificate.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OurOwnNearItsEnd_RenewedWithoutARestart()
    {
        await using var listener = await StartAsync();
        var first = await listener.ThumbprintAsync();
        _time.Advance(TimeSpan.FromDays(397 - 29));

        await Eventually.True(async () =>
        {
            _time.Advance(TimeSpan.FromSeconds(31));
            return await listener.ThumbprintAsync() != first;
        });
    }

    [Fact]
    public async Task Start_Tailscale_IsUsedBeyondLoopbackAndItsKeyIsNowhere()
    {
        Tool("tailscale", $$"""
            case "$1" in
              status) echo '{{Running}}' ;;
              cert) [ "$2 $3 $4" = "--cert-file=- --key-file=- box.tail1234.ts.net" ] && cat '{{_files["tool.crt"]}}' '{{_files["tool.key"]}}' ;;
            esac
            """);

        await using var listener = await StartAsync(static setup => setup.ListensBeyondLoopback = true);

        Assert.Equal(_certificate.Thumbprint, await listener.ThumbprintAsync());
        Assert.StartsWith("Tailscale (box.tail1234.ts.net)", listener.Certificates.Description, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_files["tls"]));
    }

    [Theory]
    [InlineData("echo '{\"BackendState\":\"NeedsLogin\"}'", "not logged in")]
    [InlineData("echo '{\"BackendState\":\"Stopped\"}'", "not running (Stopped)")]
    [InlineData("echo '{\"BackendState\":\"Running\",\"CertDomains\":null}'", "HTTPS certificates are off in the tailnet")]
    [InlineData("echo nonsense", "gave no readable status")]
    [InlineData("exit 1", "gave no readable status")]
    [InlineData("""[ "$1" = status ] && echo '{"BackendState":"Running","CertDomains":["a.ts.net"]}' || { echo 'access denied: not an operator' >&2; exit 1; }""", "refused: access denied: not an operator")]
    [InlineData("""[ "$1" = status ] && echo '{"BackendState":"Running","CertDomains":["a.ts.net"]}' || echo nothing""", "gave something that is no certificate")]
    public async Task Start_TailscaleCannot_SaysWhyAndGoesOn(string script, string reason)
    {
        Tool("tailscale", script);

        await using var listener = await StartAsync(static setup => setup.ListensBeyondLoopback = true);

        Assert.StartsWith("self-signed", listener.Certificates.Description, StringComparison.Ordinal);
        Assert.Contains("Tailscale " + reason, listener.Certificates.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_TailscaleHangs_GoesOnAfterItsTime()
    {
        var started = _files["started"];
        Tool("tailscale", $"echo $$ > '{started}.part'; mv '{started}.part' '{started}'; exec sleep 600");
        var starting = StartAsync(static setup => setup.ListensBeyondLoopback = true);
        await Eventually.True(() => File.Exists(started));

        _time.Advance(TimeSpan.FromSeconds(6));

        await using var listener = await starting.Within();
        Assert.Contains("Tailscale gave no status in time", listener.Certificates.Description, StringComparison.Ordinal);
        var id = File.ReadAllText(started).Trim();
        await Eventually.True(() => !Directory.Exists($"/proc/{id}"));
    }

    [Fact]
    public async Task Start_OnLoopbackOnly_TailscaleIsNotEvenAsked()
    {
        Tool("tailscale", $"touch '{_files["asked"]}'");

        await using var listener = await StartAsync();

        Assert.Contains("Tailscale of use beyond loopback only", listener.Certificates.Description, StringComparison.Ordinal);
        Assert.False(File.Exists(_files["asked"]));
    }

    [Fact]
    public async Task Start_Mkcert_IsAskedForAllNamesAndLeavesNoKey()
    {
        Mkcert($"""cp '{_files["tool.crt"]}' "$2"; cp '{_files["tool.key"]}' "$4"; shift 4; echo "$@" > '{_files["asked"]}'""");

        await using var listener = await StartAsync(static setup => setup.Names.Add("live.example"));

        Assert.Equal(_certificate.Thumbprint, await listener.ThumbprintAsync());
        Assert.StartsWith("mkcert, valid until", listener.Certificates.Description, StringComparison.Ordinal);
        Assert.Equal($"localhost 127.0.0.1 ::1 {Environment.MachineName.ToLowerInvariant()} live.example", File.ReadAllText(_files["asked"]).Trim());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_files["tls"]));
    }

    [Theory]
    [InlineData("echo 'Note: the local CA is not installed in the system trust store.' >&2; cp \"$CRT\" \"$2\"; cp \"$KEY\" \"$4\"", "its authority is not installed (mkcert -install)")]
    [InlineData("echo 'ERROR: failed to read the CA key' >&2; exit 1", "refused: ERROR: failed to read the CA key")]
    [InlineData("true", "gave something that is no certificate")]
    public async Task Start_MkcertCannot_SaysWhyAndGoesOn(string script, string reason)
    {
        Mkcert($"CRT='{_files["tool.crt"]}'; KEY='{_files["tool.key"]}'; {script}");

        await using var listener = await StartAsync();

        Assert.StartsWith("self-signed", listener.Certificates.Description, StringComparison.Ordinal);
        Assert.Contains("mkcert " + reason, listener.Certificates.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_MkcertWithoutItsAuthority_IsNotAskedToMakeOne()
    {
        Tool("mkcert", $"""[ "$1" = -CAROOT ] && echo '{_files["nothing"]}' || touch '{_files["asked"]}'""");

        await using var listener = await StartAsync();

        Assert.Contains("mkcert its authority is not installed (mkcert -install)", listener.Certificates.Description, StringComparison.Ordinal);
        Assert.False(File.Exists(_files["asked"]));
    }

    [Fact]
    public async Task Start_FilesConfigured_NothingElseIsTried()
    {
        Tool("tailscale", $"touch '{_files["asked"]}'");
        Mkcert($"touch '{_files["asked"]}'");

        await using var listener = await StartAsync(static setup =>
        {
            setup.Options = new TlsOptions { CertificateFile = "tool.crt", KeyFile = "tool.key" };
            setup.ListensBeyondLoopback = true;
        });

        Assert.Equal(_certificate.Thumbprint, await listener.ThumbprintAsync());
        Assert.StartsWith("files, valid until", listener.Certificates.Description, StringComparison.Ordinal);
        Assert.False(File.Exists(_files["asked"]));
    }

    [Fact]
    public async Task Start_FilesWrong_FailsInsteadOfGoingOn()
    {
        var exception = await Assert.ThrowsAsync<ConfigurationException>(() => StartAsync(static setup => setup.Options = new TlsOptions { CertificateFile = "none.crt" }));

        Assert.Contains("Server:Tls:CertificateFile", exception.Message, StringComparison.Ordinal);
    }

    private Task<TlsListener> StartAsync(Action<TlsSetup>? configure = null) => TlsListener.StartAsync(
        setup =>
        {
            // A script finds cat and its like by the process's own path; what we look for is ours alone.
            setup.SearchPath = _files["bin"];
            configure?.Invoke(setup);
        },
        _files,
        _time);

    private async Task<string> StartedThumbprintAsync(Action<TlsSetup>? configure = null)
    {
        await using var listener = await TlsListener.StartAsync(configure, _files, _time);
        return await listener.ThumbprintAsync();
    }

    private void Mkcert(string script)
    {
        _files.Write("caroot/rootCA.pem", "");
        Tool("mkcert", $"""[ "$1" = -CAROOT ] && {"{"} echo '{_files["caroot"]}'; exit; {"}"}; {script}""");
    }

    private void Tool(string name, string script)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("The tools of this test are shell scripts.");
            return;
        }

        var path = _files.Write($"bin/{name}", $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
