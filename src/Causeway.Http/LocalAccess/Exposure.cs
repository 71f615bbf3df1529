namespace Causeway.Http;

/// <summary>Who can reach the service; decided once, at start.</summary>
public sealed class Exposure
{
    private Exposure(bool isLocal, string reason, Uri? publicUrl, IReadOnlyList<string> listenHosts)
    {
        IsLocal = isLocal;
        Reason = reason;
        PublicUrl = publicUrl;
        ListenHosts = listenHosts;
    }

    /// <summary>True where only this machine can reach the service, so that its user needs no credential; false where it is exposed.</summary>
    public bool IsLocal { get; }

    /// <summary>Why, as the rest of a sentence: "every address is loopback", "Server:PublicUrl is https://live.example.com".</summary>
    public string Reason { get; }

    /// <summary>The address people use, if one was given.</summary>
    public Uri? PublicUrl { get; }

    /// <summary>The host names among the addresses listened on.</summary>
    internal IReadOnlyList<string> ListenHosts { get; }

    /// <summary>Decides by the settings.</summary>
    /// <exception cref="ArgumentException">The settings are wrong or contradict each other; the message has every reason.</exception>
    public static Exposure Decide(ExposureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problems = string.Join(" ", options.Problems());
        if (problems.Length > 0)
        {
            throw new ArgumentException(problems, nameof(options));
        }

        var reason = options.AuthMode is AuthMode.Required ? "Auth:Mode is required" : options.ReasonToBeExposed();
        var publicUrl = options.PublicUrl is null ? null : new Uri(options.PublicUrl);
        return new Exposure(reason is null, reason ?? "every address is loopback", publicUrl, [.. Hosts(options.Urls)]);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{(IsLocal ? "local" : "exposed")}: {Reason}";

    private static IEnumerable<string> Hosts(IEnumerable<string> urls)
    {
        foreach (var url in urls)
        {
            if (ExposureOptions.TryParseListenUrl(url, out var address)
                && !address!.IsUnixPipe
                && !address.IsNamedPipe
                && Uri.CheckHostName(address.Host) == UriHostNameType.Dns)
            {
                yield return address.Host;
            }
        }
    }
}
