using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;

namespace Causeway.Relay;

/// <summary>One configured route and the backend it leads to.</summary>
public sealed class RelayRoute
{
    private const string QueryToken = "access_token";

    private readonly int _strippedSegments;
    private readonly TemplateMatcher _matcher;
    private readonly decimal _precedence;
    private RelayRoute[] _rivals = [];

    internal RelayRoute(RouteOptions options, Backend backend)
    {
        Path = options.Path!;
        Access = options.Access;
        Backend = backend;
        var pattern = RoutePatternFactory.Parse(Path);
        _matcher = new TemplateMatcher(new RouteTemplate(pattern), []);
        _precedence = pattern.InboundPrecedence;
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

    /// <summary>Tells the routes of one configuration of each other: several may lead to one backend, with rules of their own.</summary>
    internal static void Acquaint(IReadOnlyList<RelayRoute> routes)
    {
        foreach (var route in routes)
        {
            var all = routes.Where(other => other.Backend == route.Backend).OrderBy(static other => other._precedence).ToArray();
            route._rivals = Array.Exists(all, other => other.Access != route.Access) ? all : [];
        }
    }

    /// <summary>The path and query the backend is asked for, percent-encoded as the client sent it, without the base path of its address.</summary>
    /// <returns>Null where it can't be relayed: it would be read differently by the backend, lead out of the route's prefix, or into a route with other rules.</returns>
    internal RelayTarget? TargetOf(HttpContext context, RelayDecision decision)
    {
        var raw = context.Features.Get<IHttpRequestFeature>()?.RawTarget;
        if (string.IsNullOrEmpty(raw) || !RequestTarget.TrySplit(raw, out var path, out var query) || EntersARival(path))
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

    // /admin%2Fx and //admin/x are not below /admin here, but may be to the backend.
    private bool EntersARival(string path) =>
        _rivals.Length > 0
        && RequestTarget.ReadForgivingly(path) is { } read
        && Array.Find(_rivals, route => route._matcher.TryMatch(read, [])) is { } winner
        && winner.Access != Access;
}

/// <summary>What a backend is asked for.</summary>
/// <param name="PathAndQuery">Begins with a slash.</param>
/// <param name="Prefix">What was taken off the path, without a slash at its end; null where nothing was to be taken.</param>
internal readonly record struct RelayTarget(string PathAndQuery, string? Prefix);
