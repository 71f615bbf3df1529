using System.ComponentModel.DataAnnotations;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>Where the service listens and keeps its data, and how it stops. Who can reach it follows from this and <see cref="AuthOptions.Mode"/>.</summary>
internal sealed class ServerOptions : IValidatableObject
{
    /// <summary>The addresses to listen on, separated by <c>;</c>.</summary>
    /// <value>Default <c>http://127.0.0.1:8080</c>. Port 0 takes any free one.</value>
    [Required]
    public string Urls { get; set; } = "http://127.0.0.1:8080";

    /// <summary>Whether <c>http://</c> in <see cref="Urls"/> and <see cref="AdminUrls"/> means <c>https://</c>; the flag <c>--https</c> sets it.</summary>
    /// <value>Default false.</value>
    public bool Https { get; set; }

    /// <summary>Whether plain requests are sent to HTTPS (308) where there is a way to it: an <c>https://</c> address of our own, or the public URL behind a trusted proxy.</summary>
    /// <value>Default true. Probes, and requests under a local name, never are.</value>
    public bool HttpsRedirect { get; set; } = true;

    /// <summary>What browsers that came over HTTPS are told to keep.</summary>
    public HstsSettings Hsts { get; } = new();

    /// <summary>Whether an update of something that exists must say which version it means, by <c>If-Match</c>; else it gets 428.</summary>
    /// <value>Default false: without it the last one wins.</value>
    public bool RequireIfMatch { get; set; }

    /// <summary>The certificate of <c>https://</c> addresses; with none, Tailscale's or mkcert's is used, else one is made.</summary>
    public TlsOptions Tls { get; } = new();

    /// <summary>Addresses for whoever runs the service, separated by <c>;</c>: console, docs, metrics and the admin API are then on these only, site and relayed routes on <see cref="Urls"/> only.</summary>
    /// <value>Default null: everything is on <see cref="Urls"/>. Each needs a port that <see cref="Urls"/> does not have.</value>
    public string? AdminUrls { get; set; }

    /// <summary>Where keys and the admin token are kept; made (0700) when it isn't there.</summary>
    /// <value>A path, relative to the working directory. Default <c>data</c>.</value>
    [Required]
    public string DataDirectory { get; set; } = "data";

    /// <summary>The address people reach the service under, where that is not one it listens on. Setting it means that the service is exposed.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>Addresses or networks (CIDR) of proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed. Naming one means that the service is exposed.</summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>How long live connections and requests have to end when the service stops.</summary>
    /// <value>Seconds, 0–3,600. Default 30.</value>
    [Range(0, 3_600)]
    public int DrainSeconds { get; set; } = 30;

    /// <summary>Who may be asked to stop when a start finds its addresses held. Strangers never are. Linux only; elsewhere a held address fails the start.</summary>
    /// <value><c>same</c> (an earlier instance with the same data directory), <c>any</c> (also another Causeway instance of the same user), <c>never</c>. Default <c>same</c>.</value>
    public TakeOverMode TakeOver { get; set; } = TakeOverMode.Same;

    /// <summary>When <c>/docs</c> and <c>/openapi/v1.json</c> are served.</summary>
    /// <value>Default <see cref="DocsMode.Always"/>.</value>
    public DocsMode Docs { get; set; } = DocsMode.Always;

    /// <summary>Whether saving the configuration file reloads it, as SIGHUP does.</summary>
    /// <value>Default null: in development.</value>
    public bool? ReloadOnSave { get; set; }

    /// <summary>The ports of <see cref="AdminUrls"/>.</summary>
    internal IReadOnlyCollection<int> AdminPorts => field ??= [.. AdminListenUrls().Select(PortOf).OfType<int>()];

    /// <summary>Whether an address is one of <see cref="AdminUrls"/>, by its port.</summary>
    internal bool IsAdminAddress(string url) => PortOf(url) is { } port && AdminPorts.Contains(port);

    /// <summary>The addresses for everybody, one by one.</summary>
    public IReadOnlyList<string> ListenUrls() => Split(Urls).ConvertAll(Secured);

    /// <summary>The addresses for whoever runs the service, one by one.</summary>
    public IReadOnlyList<string> AdminListenUrls() => Split(AdminUrls ?? "").ConvertAll(Secured);

    /// <summary>Every address, one by one.</summary>
    public IEnumerable<string> AllListenUrls() => ListenUrls().Concat(AdminListenUrls());

    /// <summary>Whether any address is <c>https://</c>.</summary>
    public bool UsesTls => AllListenUrls().Any(static url => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ListenUrls().Count == 0)
        {
            yield return new ValidationResult("it names no address", [nameof(Urls)]);
        }

        if (AdminUrls is not null && AdminListenUrls().Count == 0)
        {
            yield return new ValidationResult("it names no address", [nameof(AdminUrls)]);
        }

        var taken = ListenUrls().Select(PortOf).ToHashSet();
        foreach (var url in AdminListenUrls())
        {
            if (PortOf(url) is not > 0)
            {
                yield return new ValidationResult($"'{url}' is not an address with a port of its own, such as http://127.0.0.1:8081", [nameof(AdminUrls)]);
            }
            else if (taken.Contains(PortOf(url)))
            {
                yield return new ValidationResult($"{url} has a port of Server:Urls; by the port a request is told to be an admin's", [nameof(AdminUrls)]);
            }
        }
    }

    private static List<string> Split(string urls) => [.. urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private string Secured(string url) => Https && url.StartsWith("http:", StringComparison.OrdinalIgnoreCase) ? "https" + url["http".Length..] : url;

    /// <summary>The port of an address; null for a Unix socket and what can't be read.</summary>
    internal static int? PortOf(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.IsUnixPipe || address.IsNamedPipe || address.Scheme is not ("http" or "https") ? null : address.Port;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

/// <summary>When the API's documentation is served.</summary>
internal enum DocsMode
{
    /// <summary>In every environment.</summary>
    Always,

    /// <summary>In development only.</summary>
    Development,

    /// <summary>Never.</summary>
    Off,
}
