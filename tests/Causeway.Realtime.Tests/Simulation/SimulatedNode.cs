using System.Diagnostics.Metrics;
using Causeway.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Realtime.Tests;

/// <summary>A node: all of the real live service in a simulated process, from the bytes that a client sends to those it gets.</summary>
internal sealed class SimulatedNode : IMeterFactory, ILoggerFactory, ILogger
{
    private static readonly ServiceProvider NoServices = new ServiceCollection().BuildServiceProvider();

    private readonly Simulator _simulator;
    private readonly MessageDispatcher _dispatcher;
    private readonly List<SimulatedLine> _lines = [];
    private readonly List<Meter> _meters = [];

    public SimulatedNode(SimulatedWorld world, string name)
    {
        (_simulator, Name) = (world.Simulator, name);
        Process = new SimulatedProcess(_simulator, name, _simulator.Chance.Milliseconds(-300, 300));
        var store = new SimulatedLogStore(world.Database, Process);
        var nodes = new SimulatedNodeStore(_simulator, world.Database, Process, TimeSpan.FromSeconds(world.Options.NodeLeaseSeconds));
        Core = new LiveCore(
            Options.Create(world.Options), this, Process, this, logs: store, backplane: world.Backplane.Connect(Process), nodes: nodes, pool: Process.Pool);
        _dispatcher = new MessageDispatcher(Core, new RoomActions(Core), NoServices, []);
        Process.After(TimeSpan.Zero, Core.Cluster!.Start);
    }

    public string Name { get; }

    public SimulatedProcess Process { get; }

    public LiveCore Core { get; }

    /// <summary>A client's line is there, whether anybody here has looked at it or not.</summary>
    public void Dial(SimulatedLine line) => _lines.Add(line);

    /// <summary>Lets a client in, as the endpoint does after the upgrade.</summary>
    public void Accept(SimulatedLine line, string connectionId, string? user)
    {
        if (Core.Connections.IsDraining)
        {
            End(line);
            return;
        }

        var identity = new RealtimeIdentity { UserId = user };
        Core.Connections.Admission.TryEnter(user, null);
        var connection = new Connection(Core, new ConnectionSeed(Core.Connections.NextNumber(), connectionId, identity, null, line.Outlet, WireForm.Frame));
        Core.Connections.Add(connection);
        Process.Start(() => ServeAsync(connection, line));
    }

    /// <summary>Opens an event stream, as its endpoint does.</summary>
    /// <param name="line">The way to the client.</param>
    /// <param name="connectionId">How the connection is called.</param>
    /// <param name="user">Who it is.</param>
    /// <param name="rooms">As in the URL.</param>
    /// <param name="cursor">The <c>Last-Event-ID</c>.</param>
    /// <param name="refuse">Called where the answer is no stream.</param>
    public void AcceptStream(SimulatedLine line, string connectionId, string? user, IReadOnlyList<RoomId> rooms, string? cursor, Action<ApiError> refuse)
    {
        if (Core.Connections.IsDraining)
        {
            line.Outlet.TryWrite(EventStream.Farewell(WireForm.ChunkedEvent, Core.Connections.DrainLeft + Drain.Jitter(Core.Connections.NextNumber())));
            End(line);
            return;
        }

        Process.Start(() => ServeAsync(line, connectionId, new RealtimeIdentity { UserId = user }, new EventStream(rooms, EventResume.Of(cursor, rooms.Count)), refuse));
    }

    /// <summary>SIGKILL: whoever is connected sees the line break.</summary>
    public void Kill()
    {
        Process.Kill();
        _lines.ForEach(static line => line.Break());
        _lines.Clear();
        _meters.ForEach(static meter => meter.Dispose());
    }

    /// <summary>SIGTERM: everybody is sent away, then it leaves its cluster and ends.</summary>
    public void Stop(TimeSpan window) => Process.Start(() => StopAsync(window));

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        _meters.Add(meter);
        return meter;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _simulator.Note($"{Name}: {eventId.Name}");
        if (logLevel >= LogLevel.Error)
        {
            _simulator.Fail($"{Name} logged an error: {formatter(state, exception)} {exception}");
        }
    }

    public void Dispose()
    {
    }

    private async Task ServeAsync(Connection connection, SimulatedLine line)
    {
        using var session = new WebSocketSession(Core, connection, line.Stream, _dispatcher, deflate: false);
        await session.RunAsync();
        End(line);
    }

    private async Task ServeAsync(SimulatedLine line, string connectionId, RealtimeIdentity identity, EventStream stream, Action<ApiError> refuse)
    {
        Core.Connections.Admission.TryEnter(identity.UserId, null);
        var door = new StreamDoor(Core);
        if (await door.CheckAsync(identity, stream, CancellationToken.None) is { } refused)
        {
            Core.Connections.Admission.Leave(identity.UserId, null);
            _lines.Remove(line);
            _simulator.After(_simulator.Chance.Milliseconds(1, 80), () => refuse(refused));
            return;
        }

        var connection = new Connection(Core, new ConnectionSeed(Core.Connections.NextNumber(), connectionId, identity, null, line.Outlet, WireForm.ChunkedEvent) { Stream = stream });
        await door.EnterAsync(connection);
        line.OnGone = () => connection.Post(LoopWorkKind.Gone);
        await connection.WaitEndedAsync();
        End(line);
    }

    private void End(SimulatedLine line)
    {
        _lines.Remove(line);
        line.End();
    }

    private async Task StopAsync(TimeSpan window)
    {
        await Core.Connections.DrainAsync(window);
        await Core.Cluster!.StopAsync(CancellationToken.None);
        Kill();
    }
}
