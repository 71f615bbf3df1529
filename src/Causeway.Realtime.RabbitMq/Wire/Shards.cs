namespace Causeway.Realtime.RabbitMq;

/// <summary>
/// Rooms are dealt out to shards, and a shard is a routing key: a node hears only those that it has rooms of. A binding for each room would be a write into the broker's metadata, on all its nodes, for each
/// room that is opened or left; a shard keeps its binding while rooms come and go. On the wire between releases: never change the number nor the hash.
/// </summary>
internal static class Shards
{
    public const int Count = 256;

    /// <summary>The one that every node hears: for what concerns no room.</summary>
    public const int All = Count;

    private static readonly string[] Keys = [.. Enumerable.Range(0, Count).Select(static shard => $"shard.{shard:D3}"), "all"];

    /// <summary>FNV-1a, 32 bits folded to 8; a room's name is ASCII.</summary>
    public static int Of(RoomId room)
    {
        var hash = 2_166_136_261;
        foreach (var letter in room.Value)
        {
            hash = (hash ^ letter) * 16_777_619;
        }

        hash ^= hash >> 16;
        return (int)((hash ^ (hash >> 8)) % Count);
    }

    public static string KeyOf(int shard) => Keys[shard];
}
