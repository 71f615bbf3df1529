using System.Text;

namespace Causeway.Realtime;

/// <summary>Spares making the same name again for each message. One value per slot, the newest wins: it never grows, and needs no lock.</summary>
/// <param name="slots">A power of two.</param>
/// <param name="make">Makes a value of a name, or null where the name is none.</param>
internal sealed class NameCache<T>(int slots, Func<string, T?> make)
    where T : class
{
    private readonly Entry?[] _entries = new Entry?[slots];

    public T? Make(string name) => make(name);

    public T? Get(ReadOnlySpan<byte> utf8)
    {
        var hash = default(HashCode);
        hash.AddBytes(utf8);
        ref var slot = ref _entries[hash.ToHashCode() & (_entries.Length - 1)];
        if (Volatile.Read(ref slot) is { } entry && utf8.SequenceEqual(entry.Utf8))
        {
            return entry.Value;
        }

        if (make(Encoding.UTF8.GetString(utf8)) is not { } value)
        {
            return null;
        }

        Volatile.Write(ref slot, new Entry(utf8.ToArray(), value));
        return value;
    }

    private sealed record Entry(byte[] Utf8, T Value);
}
