using System.Text;
using System.Text.Json;
using Causeway.Data;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.Sql;

/// <summary>
/// Publishes to rooms within a transaction of the application's own: nothing is sent when it is rolled back, and everything when it is committed, after a crash in between as well. A durable room
/// gets each message once, from whichever node; one without a log, and an ephemeral message, may be sent again that was on its way when the process ended.
/// </summary>
/// <remarks>A message gets its place in the room after the commit, so behind what was published meanwhile. Those of one transaction keep their order in each room.</remarks>
public sealed class RoomOutbox : IDisposable
{
    private const int AtOnce = 500;

    private readonly Database _database;
    private readonly Rooms _rooms;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _gate = new();
    private bool _isDue;
    private bool _isSending;

    internal RoomOutbox(Database database, Rooms rooms, ILogger logger) => (_database, _rooms, _logger) = (database, rooms, logger);

    /// <summary>The sending that the last commit has begun, or that is over.</summary>
    internal Task Sending { get; private set; } = Task.CompletedTask;

    /// <summary>Has a message published once the transaction is committed.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="room">The room; created when its namespace allows it.</param>
    /// <param name="type">1–64 of <c>a-z 0-9 _ . : -</c>, and none of the protocol's own.</param>
    /// <param name="payload">A JSON object in UTF-8.</param>
    /// <param name="options">Sender, conflation key, idempotency key; null for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ArgumentException">The message can't be published; the transaction is as it was.</exception>
    public async Task PublishAsync(
        UnitOfWork unit, RoomId room, string type, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(room);
        ArgumentNullException.ThrowIfNull(type);
        if (Rooms.Check(type, payload, options) is { } error)
        {
            throw new ArgumentException(error.Message);
        }

        await unit.ExecuteAsync(
            """
            INSERT INTO room_outbox (key, room_id, type, conflate_key, sender, ephemeral, payload) VALUES (@key, @room, @type, @conflateKey, @sender, @ephemeral, @payload)
            """,
            new
            {
                key = options?.IdempotencyKey ?? $"outbox-{Guid.CreateVersion7():N}",
                room = room.Value,
                type,
                conflateKey = options?.ConflateKey is { } conflateKey ? Encoding.UTF8.GetBytes(conflateKey) : null,
                sender = options?.From is { } from ? JsonSerializer.SerializeToUtf8Bytes(from) : null,
                ephemeral = options?.Ephemeral ?? false,
                payload = payload.ToArray(),
            },
            cancellationToken).ConfigureAwait(false);
        unit.OnCommitted(SendSoon);
    }

    /// <summary>Sends what is committed and not sent yet: what a process that has ended left behind, or what could not be published before. To be called at start and every second or so.</summary>
    /// <param name="cancellationToken">Stops it between two messages.</param>
    /// <returns>How many were sent.</returns>
    /// <exception cref="DatabaseUnavailableException">The database can't be used at the moment.</exception>
    public async Task<int> SendAsync(CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var sent = 0;
            var held = new HashSet<string>(StringComparer.Ordinal);
            for (var passed = 0L; ;)
            {
                var page = _database.Provider == DatabaseProvider.Postgres
                    ? await SendAloneAsync(passed, held, cancellationToken).ConfigureAwait(false)
                    : await SendPageAsync(null, passed, held, cancellationToken).ConfigureAwait(false);
                sent += page.Sent;
                if (page.Last is not { } last)
                {
                    return sent;
                }

                passed = last;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    /// <summary>
    /// A page, while no other node sends: else both would read what one of them is about to delete, and a room without a log has nothing to tell that by. A node that stands still lets go.
    /// </summary>
    private Task<Page> SendAloneAsync(long passed, HashSet<string> held, CancellationToken cancellationToken) => _database.WriteAsync(
        async (unit, token) =>
        {
            await unit.LockAsync("causeway room outbox", TimeSpan.FromSeconds(30), token).ConfigureAwait(false);
            return await InNobodysContext(() => SendPageAsync(unit, passed, held, token)).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Publishes the first messages behind a number, and deletes those that need not be sent again.</summary>
    /// <param name="unit">What they are deleted in; null for a write of its own.</param>
    /// <param name="passed">The number.</param>
    /// <param name="held">Rooms that can't be published to at the moment.</param>
    /// <param name="cancellationToken">Stops it between two messages.</param>
    private async Task<Page> SendPageAsync(UnitOfWork? unit, long passed, HashSet<string> held, CancellationToken cancellationToken)
    {
        var rows = await _database.QueryAsync<Row>(
            "SELECT number, key, room_id, type, conflate_key, sender, ephemeral, payload FROM room_outbox WHERE number > @passed ORDER BY number LIMIT @limit",
            new { passed, limit = (long)AtOnce }, cancellationToken).ConfigureAwait(false);

        // The rooms side by side, the messages of each in their order.
        var done = await Task.WhenAll(rows.GroupBy(static row => row.RoomId, StringComparer.Ordinal).Select(ofRoom => SendRoomAsync(ofRoom, held, cancellationToken))).ConfigureAwait(false);
        var numbers = done.SelectMany(static numbers => numbers).Select(static number => new { number }).ToList();
        if (numbers.Count > 0)
        {
            const string delete = "DELETE FROM room_outbox WHERE number = @number";
            await (unit is null ? _database.ExecuteAsync(delete, numbers, cancellationToken) : unit.ExecuteAsync(delete, numbers, cancellationToken)).ConfigureAwait(false);
        }

        return new Page(numbers.Count, rows.Count < AtOnce ? null : rows[^1].Number);
    }

    /// <summary>Publishes messages of one room until one can't be stored; that one waits, and so do those behind it.</summary>
    private async Task<List<long>> SendRoomAsync(IGrouping<string, Row> ofRoom, HashSet<string> held, CancellationToken cancellationToken)
    {
        var done = new List<long>();
        lock (held)
        {
            if (held.Contains(ofRoom.Key))
            {
                return done;
            }
        }

        foreach (var row in ofRoom)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var result = await _rooms.PublishAsync(RoomId.Parse(row.RoomId), row.Type, row.Payload, row.Options, CancellationToken.None).ConfigureAwait(false);
            if (result.Error is { } error && error.Code == Http.ErrorCode.Unavailable)
            {
                lock (held)
                {
                    held.Add(ofRoom.Key);
                }

                break;
            }

            if (result.Error is { } refused)
            {
                // It never will be: the room may not be created, or its key was used for another message.
                _logger.OutboxMessageRefused(row.RoomId, row.Type, refused.Code.Name);
            }

            done.Add(row.Number);
        }

        return done;
    }

    /// <summary>Called within a commit, so it waits for nothing.</summary>
    private void SendSoon()
    {
        lock (_gate)
        {
            _isDue = true;
            if (_isSending)
            {
                return;
            }

            _isSending = true;
            Sending = InNobodysContext(async () =>
            {
                await SendDueAsync().ConfigureAwait(false);
                return true;
            });
        }
    }

    /// <summary>Runs what is not a part of the write that it is begun in, or that has just ended.</summary>
    private static Task<T> InNobodysContext<T>(Func<Task<T>> work)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return Task.Run(work);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return Task.Run(work);
        }
    }

    private async Task SendDueAsync()
    {
        while (TakeDue())
        {
            try
            {
                await SendAsync().ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // They are in the table, and the next round sends them.
                _logger.OutboxNotSent(exception);
            }
        }
    }

    private bool TakeDue()
    {
        lock (_gate)
        {
            (var due, _isDue) = (_isDue, false);
            return _isSending = due;
        }
    }

    /// <param name="Sent">How many were sent.</param>
    /// <param name="Last">The number of the last one read; null when there are no more.</param>
    private readonly record struct Page(int Sent, long? Last);

    private sealed record Row
    {
        public long Number { get; init; }

        public required string Key { get; init; }

        public required string RoomId { get; init; }

        public required string Type { get; init; }

        public byte[]? ConflateKey { get; init; }

        public byte[]? Sender { get; init; }

        public bool Ephemeral { get; init; }

        public required byte[] Payload { get; init; }

        public PublishOptions Options => new()
        {
            IdempotencyKey = Key,
            ConflateKey = ConflateKey is null ? null : Encoding.UTF8.GetString(ConflateKey),
            From = Sender is null ? null : JsonSerializer.Deserialize<MessageSender>(Sender),
            Ephemeral = Ephemeral,
        };
    }
}
