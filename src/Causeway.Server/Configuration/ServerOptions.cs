using System.ComponentModel.DataAnnotations;

namespace Causeway.Server;

/// <summary>Where the service listens and keeps its data, and how it stops. Who can reach it follows from this and <see cref="AuthOptions.Mode"/>.</summary>
internal sealed class ServerOptions : IValidatableObject
{
    /// <summary>The addresses to listen on, separated by <c>;</c>.</summary>
    /// <value>Default <c>http://127.0.0.1:8080</c>. Port 0 takes any free one.</value>
    [Required]
    public string Urls { get; set; } = "http://127.0.0.1:8080";

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

    /// <summary>When <c>/docs</c> and <c>/openapi/v1.json</c> are served.</summary>
    /// <value>Default <see cref="DocsMode.Always"/>.</value>
    public DocsMode Docs { get; set; } = DocsMode.Always;

    /// <summary>The addresses one by one.</summary>
    public IReadOnlyList<string> ListenUrls() => Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ListenUrls().Count == 0)
        {
            yield return new ValidationResult("it names no address", [nameof(Urls)]);
        }

        foreach (var url in ListenUrls().Where(static url => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
        {
            yield return new ValidationResult($"{url}: TLS is not in this release; put a proxy that ends TLS before the service", [nameof(Urls)]);
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
