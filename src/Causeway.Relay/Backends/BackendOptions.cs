using System.ComponentModel.DataAnnotations;
using Causeway.Hosting;
using Microsoft.Extensions.Options;

namespace Causeway.Relay;

/// <summary>A backend: where it listens, how it is kept healthy, and the process that it runs in, if the service starts it.</summary>
public sealed class BackendOptions : IValidatableObject
{
    /// <summary>Where it listens, such as <c>http://127.0.0.1:7681</c>; several share the load.</summary>
    public IList<string> Urls { get; } = [];

    /// <summary>How requests are spread over several addresses.</summary>
    /// <value>Default <see cref="Balance.RoundRobin"/>.</value>
    public Balance Balance { get; set; } = Balance.RoundRobin;

    /// <summary>Whether an <c>https</c> backend may show a certificate that nobody vouches for.</summary>
    /// <value>Default false.</value>
    public bool AllowSelfSigned { get; set; }

    /// <summary>How long connecting may take.</summary>
    /// <value>Seconds, 0.1–300. Default 5.</value>
    [Range(0.1, 300)]
    public double ConnectSeconds { get; set; } = 5;

    /// <summary>How long the first byte of an answer may take once the request was sent.</summary>
    /// <value>Seconds, 0.1–86,400. Default 60, as nginx's <c>proxy_read_timeout</c>.</value>
    [Range(0.1, 86_400)]
    public double FirstByteSeconds { get; set; } = 60;

    /// <summary>How long a body may stand still, in either direction.</summary>
    /// <value>Seconds, 0.1–86,400. Default 120. Event streams of a backend should send a comment more often.</value>
    [Range(0.1, 86_400)]
    public double IdleSeconds { get; set; } = 120;

    /// <summary>How long a WebSocket may be silent in both directions.</summary>
    /// <value>Seconds, 1–604,800. Default 300: more than three times the usual heartbeat.</value>
    [Range(1, 604_800)]
    public double WebSocketIdleSeconds { get; set; } = 300;

    /// <summary>The most WebSockets relayed at a time.</summary>
    /// <value>1–10,000,000. Default 10,000.</value>
    [Range(1, 10_000_000)]
    public int MaxWebSockets { get; set; } = 10_000;

    /// <summary>The key that signs <c>Causeway-Identity</c> for this backend.</summary>
    /// <value>At least 32 bytes in base64. Default null: one is made, once, in the data directory.</value>
    [Secret]
    public string? IdentityKey { get; set; }

    /// <summary>How the backend is probed; null for no active probe.</summary>
    [ValidateObjectMembers]
    public HealthOptions? Health { get; set; }

    /// <summary>The process the service starts for it; null where somebody else runs it.</summary>
    [ValidateObjectMembers]
    public ProcessOptions? Process { get; set; }

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (Urls.Count == 0)
        {
            yield return new ValidationResult("it needs at least one address", [nameof(Urls)]);
        }

        if (IdentityKey is { } key && !(Convert.TryFromBase64String(key, new byte[key.Length], out var bytes) && bytes >= 32))
        {
            yield return new ValidationResult("it must be at least 32 bytes in base64", [nameof(IdentityKey)]);
        }

        for (var i = 0; i < Urls.Count; i++)
        {
            if (!Uri.TryCreate(Urls[i], UriKind.Absolute, out var url)
                || url.Scheme is not ("http" or "https")
                || url.UserInfo.Length > 0
                || url.Query.Length > 0
                || url.Fragment.Length > 0)
            {
                yield return new ValidationResult("it must be http(s)://HOST[:PORT][/PATH]", [$"{nameof(Urls)}:{i}"]);
            }
        }
    }
}

/// <summary>How requests are spread over the addresses of a backend.</summary>
public enum Balance
{
    /// <summary>One after the other.</summary>
    RoundRobin,

    /// <summary>The one with the fewest requests and WebSockets in flight.</summary>
    LeastRequests,
}
