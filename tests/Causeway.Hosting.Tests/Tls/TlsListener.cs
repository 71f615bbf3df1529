using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Hosting.Tests.Tls;

/// <summary>A real HTTPS listener on a free port, with files, tools and a clock of the test's own.</summary>
internal sealed class TlsListener : IAsyncDisposable
{
    private readonly TestServer _server;

    private TlsListener(TestServer server)
    {
        _server = server;
        Port = new Uri(server.App.Urls.First(static url => url.StartsWith("https:", StringComparison.Ordinal))).Port;
    }

    public LogProbe Logs => _server.Logs;

    public int Port { get; }

    /// <summary>Asks over the listener that has no TLS.</summary>
    public Task<string> GetAsync(string path) => _server.Client.GetStringAsync(path);

    public TlsCertificates Certificates => _server.Services.GetRequiredService<TlsCertificates>();

    /// <summary>Starts it; nothing of the machine's own is found, and a certificate of our own is kept under <c>tls/</c>.</summary>
    public static async Task<TlsListener> StartAsync(Action<TlsSetup>? configure, TempDirectory files, ManualTime time)
    {
        var server = await TestServer.StartAsync(
            app =>
            {
                app.MapHealth();
                app.MapPrometheus("/metrics");
                app.MapGet("/protocol", static (HttpContext context) => context.Request.Protocol);
            },
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(time);
                builder.Services.AddReadiness();
                builder.Services.AddPrometheus(static prometheus => prometheus.Meters.Add("Causeway.*"));
                builder.Services.AddTls(setup =>
                {
                    setup.WorkingDirectory = files.Path;
                    setup.Directory = files["tls"];
                    setup.SearchPath = files["bin"];
                    configure?.Invoke(setup);
                });
                builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.UseHttps()));
            });
        return new TlsListener(server);
    }

    /// <summary>Shakes hands.</summary>
    public async Task<Handshake> ConnectAsync(SslProtocols protocols = SslProtocols.None, params SslApplicationProtocol[] offers)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port).Within();
        var seen = new List<string>();
        var stream = new SslStream(client.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocols,
            ApplicationProtocols = offers.Length == 0 ? null : [.. offers],
            RemoteCertificateValidationCallback = (_, _, chain, _) =>
            {
                // What the server sent beyond the leaf is among the chain's extra certificates.
                seen.AddRange(chain!.ChainPolicy.ExtraStore.Select(static certificate => certificate.Subject));
                return true;
            },
        };
        await stream.AuthenticateAsClientAsync(options).Within();
        return new Handshake(client, stream, seen);
    }

    /// <summary>The thumbprint that a new connection is shown.</summary>
    public async Task<string> ThumbprintAsync()
    {
        await using var handshake = await ConnectAsync();
        return handshake.Certificate.Thumbprint;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>An open connection.</summary>
    internal sealed class Handshake(TcpClient client, SslStream stream, IReadOnlyList<string> seen) : IAsyncDisposable
    {
        public SslStream Stream => stream;

        public X509Certificate2 Certificate { get; } = X509CertificateLoader.LoadCertificate(stream.RemoteCertificate!.GetRawCertData());

        public IReadOnlyList<string> Sent => seen;

        /// <summary>Asks for a path and reads the status line.</summary>
        public async Task<string> AskAsync(string path)
        {
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).AsTask().Within();
            var buffer = new byte[4_096];
            var read = await stream.ReadAsync(buffer).AsTask().Within();
            return System.Text.Encoding.ASCII.GetString(buffer, 0, read).Split('\r')[0];
        }

        public async ValueTask DisposeAsync()
        {
            await stream.DisposeAsync();
            client.Dispose();
        }
    }
}
