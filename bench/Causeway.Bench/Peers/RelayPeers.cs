using System.Globalization;
using Causeway.Bench.Protocols;

namespace Causeway.Bench.Peers;

/// <summary>What can stand in front of the bench's backend: each with one worker or thread, without an access log, and with the headers that tell the backend of the client.</summary>
internal static class RelayPeers
{
    public const string Causeway = "relay";
    public const string Caddy = "caddy";
    public const string Nginx = "nginx";

    private static readonly string[] ProgramDirectories = ["/usr/sbin", "/usr/bin", "/usr/local/bin"];

    public static IReadOnlyList<Peer> All { get; } =
    [
        Relay(Causeway, "the causeway program in front of the bench's backend, Release build", PrepareCauseway) with { WarmUpTimes = 15 },
        Relay(Caddy, "Caddy with reverse_proxy, GOMAXPROCS=1", PrepareCaddy),
        Relay(Nginx, "nginx with proxy_pass, one worker", PrepareNginx),
        Relay("haproxy", "HAProxy in HTTP mode, one thread", PrepareHaproxy),
    ];

    private static Peer Relay(string name, string description, Func<PeerCommandFactory> prepare) =>
        new(name, description, EveryRound: true, HasEventStream: false, new RelayProtocol(), prepare) { IsRelay = true };

    private static PeerCommandFactory PrepareCauseway()
    {
        var assembly = PeerCatalog.BuildCauseway();
        return (port, directory, backend) => new PeerCommand("dotnet",
        [
            assembly,
            $"--Server:Urls=http://127.0.0.1:{port}",
            $"--Server:DataDirectory={directory}",
            $"--Relay:Backends:bench:Urls:0=http://127.0.0.1:{backend}",
            "--Relay:Routes:0:Path=/bench/{**rest}",
            "--Relay:Routes:0:Backend=bench",
            "--Relay:Routes:0:Access=anyone",
        ]);
    }

    private static PeerCommandFactory PrepareCaddy()
    {
        var program = Find("caddy");
        return (port, directory, backend) => new PeerCommand(program, ["run", "--adapter", "caddyfile", "--config", Write(directory, "Caddyfile", $$"""
            {
                admin off
                auto_https off
                log {
                    level ERROR
                }
            }
            http://127.0.0.1:{{port}} {
                bind 127.0.0.1
                reverse_proxy 127.0.0.1:{{backend}}
            }
            """)])
        {
            Environment = new Dictionary<string, string> { ["GOMAXPROCS"] = "1", ["XDG_CONFIG_HOME"] = directory, ["XDG_DATA_HOME"] = directory, ["HOME"] = directory },
        };
    }

    private static PeerCommandFactory PrepareNginx()
    {
        var program = Find("nginx");
        return (port, directory, backend) => new PeerCommand(program, ["-p", directory, "-e", "stderr", "-c", Write(directory, "nginx.conf", $$"""
            daemon off;
            worker_processes 1;
            worker_rlimit_nofile 20000;
            pid {{directory}}/nginx.pid;
            error_log stderr crit;
            events { worker_connections 10000; }
            http {
                access_log off;
                client_body_temp_path {{directory}}/body;
                proxy_temp_path {{directory}}/proxy;
                fastcgi_temp_path {{directory}}/fastcgi;
                uwsgi_temp_path {{directory}}/uwsgi;
                scgi_temp_path {{directory}}/scgi;
                keepalive_requests 1000000000;
                map $http_upgrade $connection_header { default upgrade; '' ''; }
                upstream bench { server 127.0.0.1:{{backend}}; keepalive 256; keepalive_requests 1000000000; }
                server {
                    listen 127.0.0.1:{{port}} backlog=4096;
                    location / {
                        proxy_pass http://bench;
                        proxy_http_version 1.1;
                        proxy_max_temp_file_size 0;
                        proxy_read_timeout 600s;
                        proxy_set_header Host $http_host;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $connection_header;
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                        proxy_set_header X-Forwarded-Proto $scheme;
                        proxy_set_header X-Forwarded-Host $http_host;
                    }
                }
            }
            """)]);
    }

    private static PeerCommandFactory PrepareHaproxy()
    {
        var program = Find("haproxy");
        return (port, directory, backend) => new PeerCommand(program, ["-db", "-f", Write(directory, "haproxy.cfg", $"""
            global
                nbthread 1
                maxconn 5000
            defaults
                mode http
                timeout connect 5s
                timeout client 600s
                timeout server 600s
                timeout tunnel 600s
                option forwardfor
                http-reuse always
            frontend bench
                bind 127.0.0.1:{port} backlog 4096
                default_backend bench
            backend bench
                http-request set-header X-Forwarded-Proto http
                server bench 127.0.0.1:{backend}

            """)]);
    }

    private static string Find(string program) =>
        ProgramDirectories.Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists)
            ?? throw new BenchException(string.Create(CultureInfo.InvariantCulture, $"{program} is not installed: apt-get install {program}"));

    private static string Write(string directory, string name, string text)
    {
        var path = Path.Combine(directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
