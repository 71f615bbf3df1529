using RabbitMQ.Client;

namespace Causeway.Realtime.RabbitMq;

/// <summary>Sends what waits in the outbox over one session's channel, one message after the other. What the broker refuses or does not confirm, it puts back as lost.</summary>
internal sealed class Publisher(IChannel channel, string exchange, string queue, Outbox outbox, Confirms confirms, ulong node, uint session)
{
    /// <summary>A node that sends nothing says so this seldom.</summary>
    private const int TicksPerIdleBeat = 10;

    private readonly CachedString _exchange = new(exchange);
    private readonly CachedString _noExchange = new("");
    private readonly CachedString _queue = new(queue);
    private readonly CachedString[] _keys = [.. Enumerable.Range(0, Shards.Count + 1).Select(static shard => new CachedString(Shards.KeyOf(shard)))];

    // With headers of its own the client makes none for each message.
    private readonly BasicProperties _properties = new() { Headers = new Dictionary<string, object?>() };
    private readonly ulong[] _numbers = new ulong[Shards.Count + 1];
    private readonly ShardSet _changed = new();
    private readonly byte[] _own = new byte[FrameHeader.Bytes + (Shards.Count * Beat.EntryBytes)];
    private ulong _probes;
    private int _ticks;
    private int _ticked;

    /// <summary>A second is over.</summary>
    public void Tick()
    {
        Interlocked.Exchange(ref _ticked, 1);
        outbox.Wake();
    }

    /// <summary>Sends until there is nothing more to come, and all of it is confirmed.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            await SendAllAsync(stop).ConfigureAwait(false);
            if (outbox.IsEnding)
            {
                await confirms.WaitForAllAsync(stop).ConfigureAwait(false);
                return;
            }

            await outbox.WaitAsync(stop).ConfigureAwait(false);
        }
    }

    private async Task SendAllAsync(CancellationToken stop)
    {
        while (true)
        {
            // What is taken from here on belongs to the session that lasts.
            stop.ThrowIfCancellationRequested();
            await confirms.WaitForRoomAsync(stop).ConfigureAwait(false);
            if (outbox.TakeLost() is { } lost)
            {
                lost.Write(_own.AsSpan(FrameHeader.Bytes));
                await SendOwnAsync(FrameKind.Lost, ShardSet.Bytes, lost, stop).ConfigureAwait(false);
            }
            else if (Interlocked.Exchange(ref _ticked, 0) != 0)
            {
                await TickAsync(stop).ConfigureAwait(false);
            }
            else if (outbox.TryTake() is { } frame)
            {
                confirms.Add(frame.Shard);
                await SendAsync(FrameKind.Items, frame.Shard, frame.Written, stop).ConfigureAwait(false);
                _changed.Add(frame.Shard);
                outbox.Return(frame);
            }
            else
            {
                return;
            }
        }
    }

    private async Task TickAsync(CancellationToken stop)
    {
        new FrameHeader(FrameKind.Probe, Shards.All, node, session, ++_probes).Write(_own);
        confirms.Add(Confirms.Nothing);
        await channel.BasicPublishAsync(_noExchange, _queue, mandatory: false, _properties, _own.AsMemory(0, FrameHeader.Bytes), stop).ConfigureAwait(false);
        if (!_changed.IsEmpty || ++_ticks % TicksPerIdleBeat == 0)
        {
            await confirms.WaitForRoomAsync(stop).ConfigureAwait(false);
            var written = Beat.Write(_own.AsSpan(FrameHeader.Bytes), _changed, _numbers);
            _changed.Clear();
            await SendOwnAsync(FrameKind.Beat, written, lost: null, stop).ConfigureAwait(false);
        }
    }

    private ValueTask SendOwnAsync(FrameKind kind, int written, ShardSet? lost, CancellationToken stop)
    {
        confirms.Add(Confirms.Nothing, lost);
        return SendAsync(kind, Shards.All, _own.AsMemory(0, FrameHeader.Bytes + written), stop);
    }

    private ValueTask SendAsync(FrameKind kind, int shard, Memory<byte> frame, CancellationToken stop)
    {
        new FrameHeader(kind, shard, node, session, ++_numbers[shard]).Write(frame.Span);
        return channel.BasicPublishAsync(_exchange, _keys[shard], mandatory: false, _properties, frame, stop);
    }
}
