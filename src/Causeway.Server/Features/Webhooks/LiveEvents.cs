using System.Text.Json.Nodes;
using System.Threading.Channels;
using Causeway.Data;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>
/// Takes what happens to connections and in rooms to those who want it, without ever making a connection or a publisher wait: a bounded buffer, and one writer that puts what has gathered
/// into the database in one transaction. While that can't be written the buffer fills; what comes beyond is lost, and whoever would have been told of it is told that much.
/// </summary>
internal sealed class LiveEvents : BackgroundService, ILiveObserver
{
    private const int WrittenAtOnce = 200;

    /// <summary>A database that is away is not waited for when the service stops.</summary>
    private static readonly TimeSpan LastWrite = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Channel<LiveEvent> _buffer;
    private readonly WebhookSubscriptions _subscriptions;
    private readonly WebhookEvents _events;
    private readonly Database _database;
    private readonly IServiceProvider _services;
    private readonly WebhooksMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveEvents> _logger;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Loss> _lost = new(StringComparer.Ordinal);
    private int _unwritten;

    public LiveEvents(
        WebhookSubscriptions subscriptions, WebhookEvents events, Database database, IServiceProvider services, ServerSettings settings, WebhooksMetrics metrics, TimeProvider time, ILogger<LiveEvents> logger)
    {
        (_subscriptions, _events, _database, _services, _metrics, _time, _logger) = (subscriptions, events, database, services, metrics, time, logger);
        _buffer = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(settings.Webhooks.BufferEvents) { SingleReader = true });
    }

    public bool Wants(LiveEventKind kind, RoomId? room) => room is null ? _subscriptions.Any(TypeOf(kind)) : _subscriptions.Any(TypeOf(kind), room.Value) && !IsOwn(room);

    public void Take(LiveEvent live)
    {
        // Counted before it can be written.
        Interlocked.Increment(ref _unwritten);
        if (!_buffer.Writer.TryWrite(live))
        {
            Interlocked.Decrement(ref _unwritten);
            _metrics.CountLost();
            lock (_gate)
            {
                var type = TypeOf(live.Kind);
                _lost[type] = _lost.TryGetValue(type, out var loss) ? loss with { Count = loss.Count + 1, Until = live.At } : new Loss(1, live.At, live.At);
            }
        }
    }

    /// <summary>Waits until what was taken so far is written down: before the service stops.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _unwritten) > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellationToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // Who ends now is written down still; the reader ends by itself behind the last.
        _buffer.Writer.TryComplete();
        if (ExecuteTask is { } writing)
        {
            await writing.WaitAsync(LastWrite, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await base.StopAsync(cancellationToken);
        if (Volatile.Read(ref _unwritten) is > 0 and var left)
        {
            _logger.EventsLeftUnwritten(left);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The start of the host waits for nothing of this.
        await Task.Yield();
        await UntilWrittenAsync(TellStartAsync, stoppingToken);
        var some = new List<LiveEvent>(WrittenAtOnce);
        while (await _buffer.Reader.WaitToReadAsync(stoppingToken))
        {
            some.Clear();
            while (some.Count < WrittenAtOnce && _buffer.Reader.TryRead(out var live))
            {
                some.Add(live);
            }

            await UntilWrittenAsync(token => WriteAsync(some, token), stoppingToken);
            Interlocked.Add(ref _unwritten, -some.Count);
        }
    }

    /// <summary>The service's own rooms tell operators what happens: to tell of that would tell of the telling.</summary>
    private static bool IsOwn(RoomId room) => room.Namespace == ServerSettings.OwnNamespace;

    private static string TypeOf(LiveEventKind kind) => kind switch
    {
        LiveEventKind.Connected => WebhookEventTypes.Connected,
        LiveEventKind.Disconnected => WebhookEventTypes.Disconnected,
        LiveEventKind.Joined => WebhookEventTypes.Joined,
        LiveEventKind.Left => WebhookEventTypes.Left,
        _ => WebhookEventTypes.Published,
    };

    /// <summary>Tries until it is done: what waits meanwhile is in the buffer.</summary>
    private async Task UntilWrittenAsync(Func<CancellationToken, Task> write, CancellationToken stoppingToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await write(stoppingToken);
                if (pause > FirstPause)
                {
                    _logger.EventsAreWrittenAgain();
                }

                return;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (pause == FirstPause)
                {
                    _logger.EventsWait(exception);
                }

                await Task.Delay(pause, _time, stoppingToken);
            }
        }
    }

    private async Task WriteAsync(List<LiveEvent> some, CancellationToken cancellationToken)
    {
        var losses = TakeLosses();
        try
        {
            await _database.WriteAsync(
                async (unit, token) =>
                {
                    foreach (var live in some)
                    {
                        await _events.WriteAsync(unit, Describe(live), token);
                    }

                    foreach (var (type, loss) in losses)
                    {
                        var data = new JsonObject { ["type"] = type, ["count"] = loss.Count, ["from"] = loss.From, ["to"] = loss.Until, ["node"] = Node };
                        await _events.WriteAsync(unit, new WebhookEvent(WebhookEventTypes.EventsLost, _time.GetUtcNow(), data.ToJsonString()) { About = type }, token);
                    }
                },
                cancellationToken);
        }
        catch
        {
            PutBack(losses);
            throw;
        }

        if (losses.Count > 0)
        {
            _logger.EventsLost(losses.Sum(static loss => loss.Value.Count));
        }
    }

    // Whoever keeps who is connected begins anew then: what an earlier run of this node had is gone.
    private Task TellStartAsync(CancellationToken cancellationToken) => _database.WriteAsync(
        (unit, token) => _events.WriteAsync(
            unit,
            new WebhookEvent(WebhookEventTypes.NodeStarted, _time.GetUtcNow(), new JsonObject { ["node"] = Node, ["alone"] = _database.Provider == DatabaseProvider.Sqlite }.ToJsonString()),
            token),
        cancellationToken);

    // Not in the constructor: the live service has this one in its own.
    private string Node => _services.GetRequiredService<Realtime.Connections>().Node;

    private WebhookEvent Describe(LiveEvent live)
    {
        string data;
        if (live.Kind == LiveEventKind.Published)
        {
            data = System.Text.Encoding.UTF8.GetString(live.Envelope.Span);
        }
        else
        {
            var fields = new JsonObject { ["connection_id"] = live.ConnectionId, ["node"] = Node, ["user_id"] = live.UserId, ["name"] = live.UserName };
            if (live.Room is not null)
            {
                fields["room_id"] = live.Room.Value;
            }
            else
            {
                fields["transport"] = live.Transport is Transport.Sse ? "sse" : "websocket";
                fields["remote_address"] = live.RemoteAddress;
            }

            data = fields.ToJsonString();
        }

        return new WebhookEvent(TypeOf(live.Kind), live.At, data) { Sequence = live.Sequence, Room = live.Room?.Value };
    }

    private Dictionary<string, Loss> TakeLosses()
    {
        lock (_gate)
        {
            var losses = new Dictionary<string, Loss>(_lost, StringComparer.Ordinal);
            _lost.Clear();
            return losses;
        }
    }

    private void PutBack(Dictionary<string, Loss> losses)
    {
        lock (_gate)
        {
            foreach (var (type, loss) in losses)
            {
                _lost[type] = _lost.TryGetValue(type, out var later) ? loss with { Count = loss.Count + later.Count, Until = later.Until } : loss;
            }
        }
    }

    private readonly record struct Loss(long Count, DateTimeOffset From, DateTimeOffset Until);
}
