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

    public LiveCore(IOptions<RealtimeOptions> options, IMeterFactory meters, TimeProvider time, ILoggerFactory loggers, IRoomDirectory? directory = null)
    {
        Options = options.Value;
        Time = time;
        Logger = loggers.CreateLogger("Causeway.Realtime");
        Timings = new Timings(Options, time);
        _namespaces = NamespaceRules.Resolve(Options.Namespaces);
        Grace = new PresenceGrace(time);
        Lookup = new RoomLookup(this, directory);
        Access = new RoomAccess(this);
        Door = new RoomDoor(this);
        Refresh = new RoomRefresh(this);
        Rooms = new Rooms(this);
        Connections = new Connections(this);
        Metrics = new RealtimeMetrics(this, meters);
        Loops = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(index => new FanoutLoop(index, this))];
        _timer = time.CreateTimer(static core => ((LiveCore)core!).Tick(), this, Timings.Tick, Timings.Tick);
    }

    public RealtimeOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public Timings Timings { get; }

    public PresenceGrace Grace { get; }

    public Rooms Rooms { get; }

    public RoomLookup Lookup { get; }

    public RoomAccess Access { get; }

    public RoomDoor Door { get; }

    public RoomRefresh Refresh { get; }

    public Connections Connections { get; }

    public RealtimeMetrics Metrics { get; }

    public FanoutLoop[] Loops { get; }

    /// <summary>This process, for clients and operators.</summary>
    public string Node { get; } = $"{Environment.MachineName}-{Environment.ProcessId}";

    public NamespaceRules RulesOf(RoomId room)
    {
        var namespaces = Volatile.Read(ref _namespaces);
        return namespaces.TryGetValue(room.Namespace, out var rules) ? rules : namespaces[NamespaceRules.DefaultName];
    }

    /// <summary>Puts other rules into force for rooms to come.</summary>
    public void Replace(FrozenDictionary<string, NamespaceRules> namespaces) => Volatile.Write(ref _namespaces, namespaces);

    public void Dispose()
    {
        _timer.Dispose();
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
