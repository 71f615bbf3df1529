using System.Runtime.InteropServices;
using System.Text;

namespace Causeway.Realtime.Sql;

/// <summary>What an append comes to, once its logs are locked: which message gets which position, and what changes of each log.</summary>
internal sealed class AppendPlan
{
    private readonly RoomLogAppended[] _results;
    private readonly Dictionary<long, LogChange> _changes = [];
    private readonly Dictionary<(long Log, string Key), KeyRow> _keys;

    /// <param name="messages">What is to be appended.</param>
    /// <param name="logs">The logs of their rooms, as they are now.</param>
    /// <param name="keys">The keys of the messages that are in use.</param>
    public AppendPlan(IReadOnlyList<RoomLogAppend> messages, IReadOnlyDictionary<string, LogRow> logs, Dictionary<(long Log, string Key), KeyRow> keys)
    {
        _results = new RoomLogAppended[messages.Count];
        _keys = keys;
        for (var i = 0; i < messages.Count; i++)
        {
            _results[i] = logs.TryGetValue(messages[i].Room.Value, out var log) && log.Epoch == messages[i].Epoch
                ? Append(messages[i], log)
                : new RoomLogAppended(RoomLogAppendStatus.Gone, 0, default);
        }
    }

    public IReadOnlyList<RoomLogAppended> Results => _results;

    public List<NewMessage> Messages { get; } = [];

    public List<NewKey> Keys { get; } = [];

    public IReadOnlyCollection<LogChange> Changes => _changes.Values;

    private RoomLogAppended Append(RoomLogAppend append, LogRow log)
    {
        if (append.Key is { } key && _keys.TryGetValue((log.Log, key), out var first))
        {
            return append.Fingerprint.AsSpan().SequenceEqual(first.Fingerprint)
                ? new RoomLogAppended(RoomLogAppendStatus.Repeated, first.Position, new Guid(first.Id, bigEndian: true))
                : new RoomLogAppended(RoomLogAppendStatus.KeyReused, 0, default);
        }

        var message = append.Message;
        ref var change = ref CollectionsMarshal.GetValueRefOrAddDefault(_changes, log.Log, out var isThere);
        var sentAt = message.SentAt.ToUnixTimeMilliseconds();
        change = new LogChange(log.Log, (isThere ? change.Newest : log.Newest) + 1, append.Limits.Messages, (long)append.Limits.Age.TotalMilliseconds, isThere ? change.SentAt : sentAt);

        var id = message.Id.ToByteArray(bigEndian: true);
        Messages.Add(new NewMessage(
            log.Log,
            change.Newest,
            id,
            message.Type,
            message.ConflateKey is null ? null : Encoding.UTF8.GetBytes(message.ConflateKey),
            message.Sender,
            sentAt,
            MemoryMarshal.TryGetArray(message.Payload, out var bytes) && bytes is { Offset: 0, Array: { } whole } && whole.Length == bytes.Count ? whole : message.Payload.ToArray()));
        if (append.Key is not null)
        {
            _keys.Add((log.Log, append.Key), new KeyRow { Key = append.Key, Position = change.Newest, Id = id, Fingerprint = append.Fingerprint! });
            Keys.Add(new NewKey(log.Log, append.Key, change.Newest, id, append.Fingerprint!));
        }

        return new RoomLogAppended(RoomLogAppendStatus.Appended, change.Newest, message.Id);
    }
}

/// <summary>A message with its position.</summary>
internal readonly record struct NewMessage(long Log, long Position, byte[] Id, string Type, byte[]? ConflateKey, byte[]? Sender, long SentAt, byte[] Payload);

/// <summary>A key that is in use from now on.</summary>
internal sealed record NewKey(long Log, string Key, long Position, byte[] Id, byte[] Fingerprint);

/// <summary>Where a log stands after an append.</summary>
/// <param name="Log">The log.</param>
/// <param name="Newest">Its newest position.</param>
/// <param name="KeepCount">How many messages are kept.</param>
/// <param name="KeepMs">How long one is.</param>
/// <param name="SentAt">When the first of the new ones was sent.</param>
internal readonly record struct LogChange(long Log, long Newest, long KeepCount, long KeepMs, long SentAt)
{
    /// <summary>When the first of the new ones is too old.</summary>
    public long ExpiresAt => SentAt + KeepMs;
}
