using System.Globalization;
using Causeway.Testing;

namespace Causeway.EndToEnd.Access;

/// <summary>A real nginx in front of a server, with a directory, a port and processes of its own.</summary>
internal sealed class NginxProxy : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly ChildProcess _process;

    private NginxProxy(TempDirectory directory, ChildProcess process, Uri address) => (_directory, _process, Address) = (directory, process, address);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts it and waits until it takes connections.</summary>
    /// <param name="upstream">The server behind it.</param>
    /// <param name="asAnotherUser">Whether its workers, which open the connections, run as nobody; else as the test's own user.</param>
    /// <param name="directives">What its only location says besides where the server is.</param>
    /// <param name="onPort">Where it listens; null for any.</param>
    public static async Task<NginxProxy> StartAsync(Uri upstream, bool asAnotherUser, string directives = "", int? onPort = null)
    {
        var nginx = Needs.Nginx();
        if (asAnotherUser)
        {
            Needs.AnotherUser();
        }

        var directory = new TempDirectory();
        var port = onPort ?? FreePort.Next();
        var user = Environment.IsPrivilegedProcess ? asAnotherUser ? "user nobody nogroup;" : "user root;" : "";
        var configuration = directory.Write("nginx.conf", $$"""
            daemon off;
            {{user}}
            worker_processes 1;
            pid {{directory["nginx.pid"]}};
            error_log stderr warn;
            events { worker_connections 64; }
            http {
              access_log off;
              client_body_temp_path {{directory["body"]}}; proxy_temp_path {{directory["proxy"]}}; fastcgi_temp_path {{directory["fastcgi"]}};
              uwsgi_temp_path {{directory["uwsgi"]}}; scgi_temp_path {{directory["scgi"]}};
              server {
                listen 127.0.0.1:{{port.ToString(CultureInfo.InvariantCulture)}};
                location / {
                  proxy_pass {{upstream.GetLeftPart(UriPartial.Authority)}};
                  {{directives}}
                }
              }
            }
            """);
        var process = ChildProcess.Start(nginx, ["-p", directory.Path, "-e", "stderr", "-c", configuration]);
        var proxy = new NginxProxy(directory, process, new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")));
        try
        {
            await Tunnel.AcceptsAsync(proxy.Address, process);
            return proxy;
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.Process.Send(Signal.Terminate);
        await _process.ExitAsync();
        await _process.DisposeAsync();
        _directory.Dispose();
    }
}
