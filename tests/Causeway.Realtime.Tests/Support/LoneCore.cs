using System.Diagnostics.Metrics;
using Causeway.WebSockets;
using Microsoft.Extensions.Options;

namespace Causeway.Realtime.Tests;

/// <summary>The live core without a server: lines that take what a test lets them, time that moves when told, and work that can be waited for.</summary>
internal sealed class LoneCore : IDisposable
{
    /// <summary>A turn of a room's loop, what it hands to others, and what follows from that.</summary>
    private const int Rounds = 3;

    private readonly Connection[] _probes;
    private readonly SemaphoreSlim _passed = new(0);
    private readonly ServiceProvider _services;
    private readonly TestAuthenticator _authenticator;

    public LoneCore(Action<RealtimeOptions>? configure = null, IRoomDirectory? directory = null)
    {
        var options = new RealtimeOptions { MessagesPerSecond = 1_000_000 };
        configure?.Invoke(options);
        _authenticator = new TestAuthenticator(Time);
        _services = new ServiceCollection().AddMetrics().AddSingleton<IRealtimeAuthenticator>(_authenticator).BuildServiceProvider();
        Core = new LiveCore(Options.Create(options), _services.GetRequiredService<IMeterFactory>(), Time, Logs.CreateFactory(), directory);
        Dispatcher = new MessageDispatcher(Core, new RoomActions(Core), _services, []);
        _probes = [.. Core.Loops.Select(_ => NewConnection(new Probe(_passed), RealtimeIdentity.Anonymous, WireForm.Frame))];
        Array.ForEach(_probes, static probe => probe.Sender.Start([]));
    }

    public ManualTime Time { get; } = new();

    public LogProbe Logs { get; } = new();

    public LiveCore Core { get; }

    public MessageDispatcher Dispatcher { get; }

    /// <param name="credential">Who it is.</param>
    /// <param name="bypassesServer">Whether the line is a socket.</param>
    /// <param name="onAdd">Called before the connection is let in.</param>
    public TestLine Connect(string credential = "-", bool bypassesServer = true, Action<Connection, TestOutlet>? onAdd = null)
    {
        var outlet = new TestOutlet(bypassesServer);
        var connection = NewConnection(outlet, _authenticator.IdentityOf(credential), WireForm.Frame);

        // A line that is cut has nothing more to read either.
        outlet.OnReset = () => connection.Post(LoopWorkKind.Gone);
        Assert.Null(Core.Connections.Admission.TryEnter(connection.Identity.UserId, connection.RemoteAddress));
        onAdd?.Invoke(connection, outlet);
        Core.Connections.Add(connection);
        return new TestLine(this, connection, outlet);
    }

    /// <summary>An event stream of some rooms, as its endpoint opens it.</summary>
    public TestStream ConnectStream(IReadOnlyList<string> rooms, string? cursor = null, long takes = long.MaxValue)
    {
        var stream = new EventStream([.. rooms.Select(static room => RoomId.Parse(room))], EventResume.Of(cursor, rooms.Count));
        var outlet = new TestOutlet();
        outlet.Choke();
        outlet.Open(takes);
        var connection = new Connection(Core, new ConnectionSeed(
            Core.Connections.NextNumber(), Ids.New(), RealtimeIdentity.Anonymous, null, outlet, WireForm.ChunkedEvent)
        { Stream = stream });
        outlet.OnReset = () => connection.Post(LoopWorkKind.Gone);
        var door = new StreamDoor(Core);
        Assert.Null(door.CheckAsync(connection.Identity, stream, CancellationToken.None).AsTask().GetAwaiter().GetResult());
        door.EnterAsync(connection).GetAwaiter().GetResult();
        return new TestStream(outlet);
    }

    public void Publish(string room, int n = 0, string? conflateKey = null, int padding = 0)
    {
        var payload = JsonSerializer.SerializeToUtf8Bytes(new { n, pad = new string('x', padding) });
        var result = Core.Rooms.PublishAsync(RoomId.Parse(room), "chat", payload, new PublishOptions { ConflateKey = conflateKey });
        Assert.True(result.AsTask().GetAwaiter().GetResult().Published);
    }

    /// <summary>A piece of the log of a room in memory, which is read at once.</summary>
    public IReadOnlyList<StoredMessage>? Read(string room, long? after, long? before, int limit)
    {
        var reading = Core.Rooms.HistoryAsync(RoomId.Parse(room), after, before, limit).AsTask();
        Assert.True(reading.IsCompleted);
        return reading.GetAwaiter().GetResult();
    }

    /// <summary>Completes when the loops have done everything that they were given so far, and what came of it.</summary>
    public async Task SettleAsync()
    {
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var probe in _probes)
            {
                probe.Send([0]);
            }

            for (var i = 0; i < _probes.Length; i++)
            {
                Assert.True(await _passed.WaitAsync(Limits.Test));
            }
        }
    }

    /// <summary>Lets time pass, and what was due happen.</summary>
    public async Task AdvanceAsync(TimeSpan by)
    {
        Time.Advance(by);
        await SettleAsync();
    }

    public void Dispose()
    {
        Core.Dispose();
        _services.Dispose();
        _passed.Dispose();
    }

    private Connection NewConnection(Outlet outlet, RealtimeIdentity identity, WireForm form) =>
        new(Core, new ConnectionSeed(Core.Connections.NextNumber(), Ids.New(), identity, "192.0.2.1", outlet, form));

    private sealed class Probe(SemaphoreSlim passed) : Outlet
    {
        public override bool BypassesServer => true;

        public override int TryWrite(ReadOnlySpan<byte> bytes)
        {
            if (!bytes.IsEmpty)
            {
                passed.Release();
            }

            return bytes.Length;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => throw new NotSupportedException();

        public override void Reset()
        {
        }
    }
}
