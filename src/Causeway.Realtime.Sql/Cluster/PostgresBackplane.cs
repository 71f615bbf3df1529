using System.Buffers.Binary;
using System.Data.Common;
using System.Globalization;
using Causeway.Data;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Causeway.Realtime.Sql;

/// <summary>
/// Carries items by <c>NOTIFY</c>: while one statement is under way more gather, and the next takes all of them. What is too much for a notification is put into a table, and its number notified.
/// It has two connections of its own, for listening and for notifying. Every node hears every item, whichever rooms it has open.
/// </summary>
internal sealed class PostgresBackplane(Database database, TimeProvider time, ILogger logger) : IBackplane, IDisposable
{
    private const string Channel = "causeway_backplane";

    /// <summary>What stands behind a sender that had to leave something out.</summary>
    private const char LostMark = '!';

    // PostgreSQL takes less than 8,000 bytes; of Base64 that is less than 6,000.
    private const int MaxNotified = 5_900;
    private const int MaxPerStatement = 64 * 1024;
    private const int MaxQueuedBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(2);

    /// <summary>How long a silent connection is trusted.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);

    /// <summary>How long the server may take to answer on it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Queue<ReadOnlyMemory<byte>> _queue = new();
    private readonly SemaphoreSlim _queued = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _sender = Guid.NewGuid().ToString("N")[..8];
    private long _queuedBytes;
    private bool _hasLost;
    private bool _isConnected;
    private bool _isEnding;
    private Task _listening = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;

    public void Start(IBackplaneReceiver receiver)
    {
        _listening = Task.Run(() => ListenAsync(receiver, _stop.Token));
        _sending = Task.Run(() => SendAsync(_stop.Token));
    }

    public void Send(RoomId? room, ReadOnlyMemory<byte> item)
    {
        lock (_gate)
        {
            // While nobody can be told, nothing is kept: the others read it from the stores, as soon as they hear that there is something.
            if (!_isConnected || _queuedBytes + item.Length > MaxQueuedBytes)
            {
                _hasLost = true;
                Signal();
                return;
            }

            _queue.Enqueue(item);
            _queuedBytes += item.Length;
            Signal();
        }
    }

    public ValueTask FollowAsync(RoomId room) => default;

    public void Unfollow(RoomId room)
    {
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _isEnding = true;
            Signal();
        }

        await _sending.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_listening, _sending).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Cancel();

    private async Task ListenAsync(IBackplaneReceiver receiver, CancellationToken stop)
    {
        for (var wait = FirstRetry; !stop.IsCancellationRequested; wait = wait * 2 < LastRetry ? wait * 2 : LastRetry)
        {
            try
            {
                await database.ReadAsync(
                    async (connection, token) =>
                    {
                        await ExecuteAsync(connection, $"LISTEN {Channel}", token).ConfigureAwait(false);
                        SetConnected(true);
                        receiver.Restored();
                        wait = FirstRetry / 2;
                        await HearAsync((NpgsqlConnection)connection, receiver, token).ConfigureAwait(false);
                        return 0;
                    },
                    stop).ConfigureAwait(false);
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                if (SetConnected(false))
                {
                    logger.BackplaneLost(exception);
                    receiver.Interrupted();
                }
            }
            catch (Exception)
            {
                return;
            }

            await Task.Delay(wait, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task HearAsync(NpgsqlConnection connection, IBackplaneReceiver receiver, CancellationToken stop)
    {
        var heard = new Queue<string>();
        connection.Notification += (_, notification) => heard.Enqueue(notification.Payload);
        while (true)
        {
            while (heard.TryDequeue(out var payload))
            {
                await TakeAsync(payload, receiver, stop).ConfigureAwait(false);
            }

            // A connection that is cut without a word is found out by a question.
            if (!await connection.WaitAsync(Silence, stop).ConfigureAwait(false))
            {
                await ExecuteAsync(connection, "SELECT 1", stop).ConfigureAwait(false);
            }
        }
    }

    private async Task TakeAsync(string payload, IBackplaneReceiver receiver, CancellationToken stop)
    {
        if (payload.Length < _sender.Length + 1 || payload.StartsWith(_sender, StringComparison.Ordinal))
        {
            return;
        }

        if (payload[_sender.Length] == LostMark)
        {
            receiver.Missed(static _ => true);
            return;
        }

        var rest = payload.AsMemory(_sender.Length + 1);
        byte[] items;
        if (payload[_sender.Length] == '#')
        {
            var number = long.Parse(rest.Span, NumberStyles.None, CultureInfo.InvariantCulture);
            if (await database.QuerySingleOrDefaultAsync<byte[]>("SELECT items FROM backplane_items WHERE number = @number", new { number }, stop).ConfigureAwait(false) is not { } stored)
            {
                return;
            }

            items = stored;
        }
        else
        {
            items = Convert.FromBase64String(rest.ToString());
        }

        for (var left = items.AsMemory(); left.Length >= sizeof(int);)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(left.Span);
            receiver.Receive(left.Span.Slice(sizeof(int), length));
            left = left[(sizeof(int) + length)..];
        }
    }

    private async Task SendAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await ((Task)_queued.WaitAsync(HasLost() ? LastRetry : Timeout.InfiniteTimeSpan, stop)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var isSent = true; isSent && TakeFrames() is var (frames, hasLost) && (hasLost || frames.Count > 0);)
            {
                isSent = await TryNotifyAsync(frames, hasLost, stop).ConfigureAwait(false);
            }

            if (_isEnding)
            {
                return;
            }
        }
    }

    private async Task<bool> TryNotifyAsync(List<byte[]> frames, bool hasLost, CancellationToken stop)
    {
        try
        {
            await NotifyAsync(frames, hasLost, stop).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                _hasLost = true;
            }

            logger.ItemsNotSent(frames.Count, exception);
            return false;
        }
    }

    private bool HasLost()
    {
        lock (_gate)
        {
            return _hasLost;
        }
    }

    /// <summary>Everything that waits, or a part of it, as contents of notifications; and whether something was left out that came before it.</summary>
    private (List<byte[]> Frames, bool HasLost) TakeFrames()
    {
        bool hasLost;
        var frames = new List<byte[]>();
        using var frame = new MemoryStream(MaxNotified);
        Span<byte> length = stackalloc byte[sizeof(int)];
        lock (_gate)
        {
            hasLost = _hasLost && _isConnected;
            _hasLost = _hasLost && !hasLost;
            for (var bytes = 0; bytes < MaxPerStatement && _queue.TryDequeue(out var item); bytes += item.Length)
            {
                _queuedBytes -= item.Length;
                if (frame.Length > 0 && frame.Length + sizeof(int) + item.Length > MaxNotified)
                {
                    frames.Add(frame.ToArray());
                    frame.SetLength(0);
                }

                BinaryPrimitives.WriteInt32LittleEndian(length, item.Length);
                frame.Write(length);
                frame.Write(item.Span);
            }
        }

        if (frame.Length > 0)
        {
            frames.Add(frame.ToArray());
        }

        return (frames, hasLost);
    }

    private async Task NotifyAsync(List<byte[]> frames, bool hasLost, CancellationToken stop)
    {
        string[] lost = hasLost ? [$"{_sender}{LostMark}"] : [];
        var large = frames.Where(static frame => frame.Length > MaxNotified).ToArray();
        if (large.Length == 0)
        {
            await database.ExecuteAsync(
                $"SELECT pg_notify('{Channel}', payload) FROM unnest(@payloads) WITH ORDINALITY AS p (payload, place) ORDER BY place",
                new { payloads = (string[])[.. lost, .. frames.Select(frame => $"{_sender}:{Convert.ToBase64String(frame)}")] }, stop).ConfigureAwait(false);
            return;
        }

        await database.WriteAsync(
            async (unit, token) =>
            {
                // In one transaction: notifications go out with its commit, in their order.
                foreach (var payload in lost)
                {
                    await unit.ExecuteAsync($"SELECT pg_notify('{Channel}', @payload)", new { payload }, token).ConfigureAwait(false);
                }

                foreach (var frame in frames)
                {
                    await unit.ExecuteAsync(
                        frame.Length <= MaxNotified
                            ? $"SELECT pg_notify('{Channel}', @payload)"
                            : $"""
                              WITH old AS (DELETE FROM backplane_items WHERE sent_at < now() - interval '1 minute'), new AS (INSERT INTO backplane_items (items) VALUES (@frame) RETURNING number)
                              SELECT pg_notify('{Channel}', @sender || '#' || number) FROM new
                              """,
                        frame.Length <= MaxNotified ? new { payload = $"{_sender}:{Convert.ToBase64String(frame)}" } : new { frame, sender = _sender }, token).ConfigureAwait(false);
                }
            },
            stop).ConfigureAwait(false);
    }

    private static async Task ExecuteAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            command.CommandTimeout = (int)Patience.TotalSeconds;
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <returns>Whether that is new.</returns>
    private bool SetConnected(bool isConnected)
    {
        lock (_gate)
        {
            var isNew = _isConnected != isConnected;
            _isConnected = isConnected;
            if (!isConnected)
            {
                _hasLost |= _queue.Count > 0;
                _queue.Clear();
                _queuedBytes = 0;
            }

            return isNew;
        }
    }

    private void Signal()
    {
        if (_queued.CurrentCount == 0)
        {
            _queued.Release();
        }
    }
}
