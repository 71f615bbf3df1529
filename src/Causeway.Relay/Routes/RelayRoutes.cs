using Causeway.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>The routes and backends in use. They can be replaced while requests run.</summary>
/// <remarks>A backend whose options stay the same keeps its process, its connections and what is known of its health. One that goes finishes what it has.</remarks>
public sealed class RelayRoutes : IAsyncDisposable
{
    private static readonly RelayOptionsValidator Validator = new();

    private readonly Lock _gate = new();
    private readonly Dependencies _dependencies;
    private readonly RelayEndpoint _endpoint;
    private readonly ProcessHouse _processes;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<Task> _retiring = [];
    private volatile IReadOnlyList<Backend> _backends = [];
    private volatile IReadOnlyList<RelayRoute> _routes = [];

    internal RelayRoutes(Dependencies dependencies, RelayEndpoint endpoint, ProcessHouse processes, RelayOptions options, TimeProvider time, ILogger logger)
    {
        _dependencies = dependencies;
        _endpoint = endpoint;
        _processes = processes;
        _time = time;
        _logger = logger;
        Endpoints = new RelayEndpointDataSource();
        Apply(options);
    }

    /// <summary>The backends, in the order of the configuration.</summary>
    internal IReadOnlyList<Backend> Backends => _backends;

    /// <summary>The routes, in the order of the configuration.</summary>
    internal IReadOnlyList<RelayRoute> Routes => _routes;

    internal RelayEndpointDataSource Endpoints { get; }

    /// <summary>Uses these routes and backends from the next request on.</summary>
    /// <param name="options">Not to be changed afterwards.</param>
    /// <exception cref="ArgumentException">They are not valid; everything stays as it was.</exception>
    public void Apply(RelayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (Validator.Validate(null, options) is { Failed: true } flaws)
        {
            throw new ArgumentException(flaws.FailureMessage, nameof(options));
        }

        lock (_gate)
        {
            var before = _backends;
            var backends = new List<Backend>(options.Backends.Count);
            foreach (var (name, settings) in options.Backends)
            {
                backends.Add(Find(before, name) is { } known && BackendEquality.AreSame(known.Options, settings) ? known : Create(name, settings));
            }

            var routes = options.Routes.Select(route => new RelayRoute(route, Find(backends, route.Backend!)!)).ToList();
            RelayRoute.Acquaint(routes);
            _backends = backends;
            _routes = routes;
            Endpoints.Replace(routes, _endpoint);

            _retiring.RemoveAll(static task => task.IsCompleted);
            var gone = before.Except(backends).ToList();
            gone.ForEach(static backend => backend.Unwatch());
            foreach (var backend in backends.Except(before))
            {
                backend.Watch(_dependencies);
            }

            _retiring.AddRange(gone.Select(static backend => backend.RetireAsync()));
            if (routes.Count + backends.Count + before.Count > 0)
            {
                _logger.RoutesApplied(routes.Count, backends.Count, before.Count - gone.Count, gone.Count);
            }
        }
    }

    /// <summary>Ends the processes and connections of every backend.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var backend in _backends)
        {
            await backend.DisposeAsync().ConfigureAwait(false);
        }
    }

    private Backend Create(string name, BackendOptions options)
    {
        var backend = new Backend(name, options, _time, _logger) { Process = _processes.Create(name, options) };
        backend.Start();
        return backend;
    }

    private static Backend? Find(IEnumerable<Backend> backends, string name) =>
        backends.FirstOrDefault(backend => backend.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
