using System.ComponentModel.DataAnnotations;
using System.Net;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>Backends that are asked who connects, joins and publishes, where the service's own rules would let them.</summary>
internal sealed class CallOutsSettings : IValidatableObject
{
    /// <summary>Whether backends may be on this machine and in private networks.</summary>
    /// <value>Default false.</value>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>Asked about each connection, after its credential was found good.</summary>
    /// <value>Default null: nobody is.</value>
    public CallOutSettings? Connect { get; set; }

    /// <summary>Asked about each join, in namespaces that say nothing else.</summary>
    /// <value>Default null: nobody is.</value>
    public CallOutSettings? Join { get; set; }

    /// <summary>Asked about each message of a client, in namespaces that say nothing else.</summary>
    /// <value>Default null: nobody is.</value>
    public CallOutSettings? Publish { get; set; }

    /// <summary>The same by namespace.</summary>
    public IDictionary<string, NamespaceCallOutSettings> Namespaces { get; } = new Dictionary<string, NamespaceCallOutSettings>(StringComparer.OrdinalIgnoreCase);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (key, callOut) in All())
        {
            if (callOut.Url is not null && Uri.TryCreate(callOut.Url, UriKind.Absolute, out var url) && !AllowPrivateNetworks
                && (url.IsLoopback || IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out var address) && AddressRules.IsInside(address)))
            {
                yield return new ValidationResult("it is on this machine or in a private network: set CallOuts:AllowPrivateNetworks to let the service ask there", [key + ":" + nameof(CallOutSettings.Url)]);
            }
        }
    }

    private IEnumerable<(string Key, CallOutSettings CallOut)> All()
    {
        (string, CallOutSettings?)[] all =
        [
            (nameof(Connect), Connect),
            (nameof(Join), Join),
            (nameof(Publish), Publish),
            .. Namespaces.Select(static pair => ($"{nameof(Namespaces)}:{pair.Key}:{nameof(Join)}", pair.Value.Join)),
            .. Namespaces.Select(static pair => ($"{nameof(Namespaces)}:{pair.Key}:{nameof(Publish)}", pair.Value.Publish)),
        ];
        foreach (var (key, callOut) in all)
        {
            if (callOut is not null)
            {
                yield return (key, callOut);
            }
        }
    }
}

/// <summary>Backends that are asked about one namespace.</summary>
internal sealed class NamespaceCallOutSettings
{
    /// <summary>Asked about each join.</summary>
    /// <value>Default null: as for all namespaces.</value>
    public CallOutSettings? Join { get; set; }

    /// <summary>Asked about each message of a client.</summary>
    /// <value>Default null: as for all namespaces.</value>
    public CallOutSettings? Publish { get; set; }
}

/// <summary>A backend that is asked.</summary>
internal sealed class CallOutSettings : IValidatableObject
{
    /// <summary>Where the question is posted to.</summary>
    [Required]
    public string? Url { get; set; }

    /// <summary>What an answer may take; whoever is asked about waits for it.</summary>
    /// <value>Seconds, 1–9. Default 3.</value>
    [Range(1, 9)]
    public int TimeoutSeconds { get; set; } = 3;

    /// <summary>How long an answer counts for the same credential, room and type of message.</summary>
    /// <value>Seconds, 0–3,600. Default 0: each time is asked for.</value>
    [Range(0, 3_600)]
    public int CacheSeconds { get; set; }

    /// <summary>What counts while the backend does not answer.</summary>
    /// <value><c>refuse</c> or <c>allow</c>. Default <c>refuse</c>.</value>
    public CallOutFallback WhenDown { get; set; } = CallOutFallback.Refuse;

    /// <summary>The key that questions are signed with, so that the backend knows whom they are from.</summary>
    /// <value>Default null: they are not.</value>
    [Secret]
    public string? Secret { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Url is not null && !(Uri.TryCreate(Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { UserInfo: "", Fragment: "" }))
        {
            yield return new ValidationResult("it must be http://HOST or https://HOST, with port, path and query where needed, and neither a user nor a fragment", [nameof(Url)]);
        }

        if (Secret is not null && (Secret.Length < 16 || Secret.Any(static character => character is < '!' or > '~')))
        {
            yield return new ValidationResult("it must be at least 16 printable ASCII characters", [nameof(Secret)]);
        }
    }
}

/// <summary>What counts while a backend does not answer.</summary>
internal enum CallOutFallback
{
    /// <summary>Nobody is let through: <c>UNAVAILABLE</c>.</summary>
    Refuse,

    /// <summary>The service's own rules alone.</summary>
    Allow,
}
