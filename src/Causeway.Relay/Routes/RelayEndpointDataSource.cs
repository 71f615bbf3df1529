using Causeway.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace Causeway.Relay;

/// <summary>One endpoint per route; routing looks again whenever they are replaced.</summary>
internal sealed class RelayEndpointDataSource : EndpointDataSource, IEndpointConventionBuilder
{
    // Behind every endpoint of the application's own, however specific the route is; before a site's fallback, which comes last.
    private const int Order = 1_000;

    private readonly List<Action<EndpointBuilder>> _conventions = [];
    private IReadOnlyList<RelayRoute> _routes = [];
    private RelayEndpoint? _endpoint;
    private volatile IReadOnlyList<Endpoint>? _endpoints;
    private ConfigurationReloadToken _changed = new();

    public override IReadOnlyList<Endpoint> Endpoints => _endpoints ??= [.. _routes.Select(Build)];

    public override IChangeToken GetChangeToken() => _changed;

    public void Add(Action<EndpointBuilder> convention)
    {
        _conventions.Add(convention);
        _endpoints = null;
    }

    /// <summary>Serves these routes from the next request on.</summary>
    public void Replace(IReadOnlyList<RelayRoute> routes, RelayEndpoint endpoint)
    {
        _routes = routes;
        _endpoint = endpoint;
        _endpoints = null;
        Interlocked.Exchange(ref _changed, new ConfigurationReloadToken()).OnReload();
    }

    private Endpoint Build(RelayRoute route)
    {
        var endpoint = _endpoint!;
        var builder = new RouteEndpointBuilder(context => endpoint.InvokeAsync(context, route), RoutePatternFactory.Parse(route.Path), Order)
        {
            DisplayName = $"Relay {route.Path} to {route.BackendName}",
        };
        builder.Metadata.Add(route);
        builder.Metadata.Add(RelayedMetadata.Instance);
        builder.Metadata.Add(PassThroughMetadata.Instance);
        foreach (var convention in _conventions)
        {
            convention(builder);
        }

        return builder.Build();
    }

    /// <summary>How large a body may be, and what a bare status means, is the backend's business.</summary>
    private sealed class RelayedMetadata : IRequestSizeLimitMetadata, ISkipStatusCodePagesMetadata
    {
        public static RelayedMetadata Instance { get; } = new();

        public long? MaxRequestBodySize => null;
    }
}
