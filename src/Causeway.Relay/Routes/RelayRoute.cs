using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>One configured route and the backend it leads to.</summary>
public sealed class RelayRoute
{
    internal RelayRoute(RouteOptions options, Backend backend)
    {
        Path = options.Path!;
        Access = options.Access;
        StripPrefix = options.StripPrefix;
        Backend = backend;
        var catchAll = Path.IndexOf("{*", StringComparison.Ordinal);
        Prefix = catchAll < 0 ? null : Path[..catchAll].TrimEnd('/');
    }

    /// <summary>The pattern, such as <c>/term/{**rest}</c>.</summary>
    public string Path { get; }

    /// <summary>Who may use it, as <see cref="RouteOptions.Access"/> says.</summary>
    public string? Access { get; }

    /// <summary>The backend's name.</summary>
    public string BackendName => Backend.Name;

    internal Backend Backend { get; }

    internal bool StripPrefix { get; }

    private string? Prefix { get; }

    /// <summary>The path and query the backend is asked for, percent-encoded as the client sent it.</summary>
    internal string TargetOf(HttpContext context, RelayDecision decision) => throw new NotSupportedException();
}
