using System.Text;
using System.Text.Json;
using Causeway.Data;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime.Sql;

/// <summary>
/// Publishes to rooms within a transaction of the application's own: nothing is sent when it is rolled back, and everything when it is committed, after a crash in between as well. A durable room
/// gets each message once; a room in memory may get one again that was on its way when the process ended.
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
                var rows = await _database.QueryAsync<Row>(
                    "SELECT number, key, room_id, type, conflate_key, sender, ephemeral, payload FROM room_outbox WHERE number > @passed ORDER BY number LIMIT @limit",
                    new { passed, limit = (long)AtOnce }, cancellationToken).ConfigureAwait(false);

                // The rooms side by side, the messages of each in their order.
                var done = await Task.WhenAll(rows.GroupBy(static row => row.RoomId, StringComparer.Ordinal).Select(ofRoom => SendRoomAsync(ofRoom, held, cancellationToken))).ConfigureAwait(false);
                await DeleteAsync(done.SelectMany(static numbers => numbers), cancellationToken).ConfigureAwait(false);
                sent += done.Sum(static numbers => numbers.Count);
                if (rows.Count < AtOnce)
                {
                    return sent;
                }

                passed = rows[^1].Number;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

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

    private async Task DeleteAsync(IEnumerable<long> numbers, CancellationToken cancellationToken)
    {
        var rows = numbers.Select(static number => new { number }).ToList();
        if (rows.Count > 0)
        {
            await _database.WriteAsync((unit, token) => unit.ExecuteAsync("DELETE FROM room_outbox WHERE number = @number", rows, token), cancellationToken).ConfigureAwait(false);
        }
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

            // In nobody's context: it is not a part of the write that has just ended.
            _isSending = true;
            if (ExecutionContext.IsFlowSuppressed())
            {
                Sending = Task.Run(SendDueAsync);
                return;
            }

            using (ExecutionContext.SuppressFlow())
            {
                Sending = Task.Run(SendDueAsync);
            }
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
