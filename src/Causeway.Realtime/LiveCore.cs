using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Realtime;

/// <summary>The parts of the live service, put together once: loops, rooms, connections, one timer.</summary>
internal sealed class LiveCore : IDisposable
{
    private const int TicksPerSweep = 20;

    private FrozenDictionary<string, NamespaceRules> _namespaces;
    private readonly ITimer _timer;
    private int _ticks;

    public LiveCore(IOptions<RealtimeOptions> options, IMeterFactory meters, TimeProvider time, ILoggerFactory loggers, IRoomDirectory? directory = null, IRoomLogStore? logs = null,
        ILiveObserver? observer = null, IRoomGuard? guard = null, IBackplane? backplane = null, IClusterStore? nodes = null, WorkPool? pool = null)
    {
        Options = options.Value;
        Pool = pool ?? WorkPool.Threads;
        Time = time;
        Observer = observer;
        Guard = guard;
        Logger = loggers.CreateLogger("Causeway.Realtime");
        Timings = new Timings(Options, time);
        _namespaces = NamespaceRules.Resolve(Options.Namespaces, shared: backplane is not null);
        Grace = new PresenceGrace(time);
        Lookup = new RoomLookup(this, directory);
        Access = new RoomAccess(this);
        Door = new RoomDoor(this);
        Refresh = new RoomRefresh(this);
        Logs = logs is null ? null : new DurableLogs(this, logs);
        if (backplane is null && Options.Backplane != BackplaneKind.None)
        {
            throw new InvalidOperationException($"{nameof(RealtimeOptions.Backplane)} is {Options.Backplane}, but there is no IBackplane: add one, such as that of AddPostgresBackplane.");
        }

        if (backplane is not null)
        {
            Cluster = logs is not null && nodes is not null
                ? new Cluster(this, backplane, logs, nodes)
                : throw new InvalidOperationException("A backplane needs an IRoomLogStore and an IClusterStore, such as those of AddPostgresBackplane.");
        }

        Require(_namespaces.Values);
        Rooms = new Rooms(this);
        Connections = new Connections(this);
        Metrics = new RealtimeMetrics(this, meters);
        Loops = [.. Enumerable.Range(0, Pool.Loops).Select(index => new FanoutLoop(index, this))];
        _timer = time.CreateTimer(static core => ((LiveCore)core!).Tick(), this, Timings.Tick, Timings.Tick);
    }

    public RealtimeOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>Where the service's own work runs.</summary>
    public WorkPool Pool { get; }

    public ILogger Logger { get; }

    public Timings Timings { get; }

    public PresenceGrace Grace { get; }

    public Rooms Rooms { get; }

    public RoomLookup Lookup { get; }

    public RoomAccess Access { get; }

    public RoomDoor Door { get; }

    public RoomRefresh Refresh { get; }

    /// <summary>The logs of durable rooms; null where the application has no store for them.</summary>
    public DurableLogs? Logs { get; }

    /// <summary>The other nodes; null for a process on its own.</summary>
    public Cluster? Cluster { get; }

    public Connections Connections { get; }

    /// <summary>Hears what happens; null for nobody.</summary>
    public ILiveObserver? Observer { get; }

    /// <summary>Has the last word on joins and messages; null for nobody.</summary>
    public IRoomGuard? Guard { get; }

    public RealtimeMetrics Metrics { get; }

    public FanoutLoop[] Loops { get; }

    /// <summary>This process, for clients and operators.</summary>
    public string Node { get; } = $"{Environment.MachineName}-{Environment.ProcessId}";

    public NamespaceRules RulesOf(RoomId room)
    {
        var namespaces = Volatile.Read(ref _namespaces);
        return namespaces.TryGetValue(room.Namespace, out var rules) ? rules : namespaces[NamespaceRules.DefaultName];
    }

    /// <summary>Durable rooms need a store.</summary>
    /// <exception cref="InvalidOperationException">There is none, and a namespace wants it.</exception>
    public void Require(IEnumerable<NamespaceRules> namespaces)
    {
        if (Logs is null && namespaces.FirstOrDefault(static rules => rules.Durable) is { } durable)
        {
            throw new InvalidOperationException($"Rooms of the namespace '{durable.Name}' are durable, but there is no IRoomLogStore: add one, such as that of AddDurableRooms.");
        }
    }

    /// <summary>Puts other rules into force for rooms to come.</summary>
    public void Replace(FrozenDictionary<string, NamespaceRules> namespaces) => Volatile.Write(ref _namespaces, namespaces);

    public void Dispose()
    {
        _timer.Dispose();
        Cluster?.Dispose();
        Logs?.Dispose();
        Refresh.Dispose();
    }

    private void Tick()
    {
        foreach (var loop in Loops)
        {
            loop.Post(new LoopWork(LoopWorkKind.Tick, null));
        }

        Grace.Expire();
        if (++_ticks % TicksPerSweep == 0)
        {
            Rooms.ForgetUnused();
        }
    }
}
