using System.Collections.Concurrent;

namespace Causeway.Realtime;

/// <summary>Connections by something that several may have in common: their user, their session. A look-up takes no lock and sees a whole list.</summary>
internal sealed class ConnectionIndex
{
    private readonly ConcurrentDictionary<string, Connection[]> _lists = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Keys => (IReadOnlyCollection<string>)_lists.Keys;

    public Connection[] Find(string key) => _lists.GetValueOrDefault(key) ?? [];

    public void Add(string? key, Connection connection)
    {
        if (key is not null)
        {
            _lists.AddOrUpdate(key, static (_, connection) => [connection], static (_, others, connection) => [.. others, connection], connection);
        }
    }

    public void Remove(string? key, Connection connection)
    {
        while (key is not null && _lists.TryGetValue(key, out var all))
        {
            Connection[] others = Array.FindAll(all, other => other != connection);
            if (others.Length == 0
                ? _lists.TryRemove(new KeyValuePair<string, Connection[]>(key, all))
                : _lists.TryUpdate(key, others, all))
            {
                return;
            }
        }
    }
}
