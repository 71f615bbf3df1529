using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Causeway.Relay;

/// <summary>One configured route and the backend it leads to.</summary>
public sealed class RelayRoute
{
    private const string QueryToken = "access_token";

    private readonly int _strippedSegments;

    internal RelayRoute(RouteOptions options, Backend backend)
    {
        Path = options.Path!;
        Access = options.Access;
        Backend = backend;
        var catchAll = Path.IndexOf("{*", StringComparison.Ordinal);
        _strippedSegments = options.StripPrefix && catchAll > 0 ? Path.AsSpan(0, catchAll).Count('/') - 1 : 0;
    }

    /// <summary>The pattern, such as <c>/term/{**rest}</c>.</summary>
    public string Path { get; }

    /// <summary>Who may use it, as <see cref="RouteOptions.Access"/> says.</summary>
    public string? Access { get; }

    /// <summary>The backend's name.</summary>
    public string BackendName => Backend.Name;

    internal Backend Backend { get; }

    /// <summary>The path and query the backend is asked for, percent-encoded as the client sent it, without the base path of its address.</summary>
    /// <returns>Null where it can't be relayed: it would be read differently by the backend, or lead out of the route's prefix.</returns>
    internal RelayTarget? TargetOf(HttpContext context, RelayDecision decision)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (string.IsNullOrEmpty(raw) || !RequestTarget.TrySplit(raw, out var path, out var query))
        {
            return null;
        }

        if (decision.OwnsQueryToken)
        {
            query = RequestTarget.Without(query, QueryToken);
        }

        if (_strippedSegments == 0)
        {
            return new RelayTarget(path.Length + query.Length == raw.Length ? raw : path + query, null);
        }

        var end = RequestTarget.EndOf(path, _strippedSegments);
        var rest = end == path.Length ? "/" : path.AsSpan(end);
        return new RelayTarget(string.Concat(rest, query), path[..end]);
    }
}

/// <summary>What a backend is asked for.</summary>
/// <param name="PathAndQuery">Begins with a slash.</param>
/// <param name="Prefix">What was taken off the path, without a slash at its end; null where nothing was to be taken.</param>
internal readonly record struct RelayTarget(string PathAndQuery, string? Prefix);
