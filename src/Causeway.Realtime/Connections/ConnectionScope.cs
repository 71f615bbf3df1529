using System.Collections;

namespace Causeway.Realtime;

/// <summary>The log scope of one connection: <c>connection_id</c>, on whatever is logged while one of its messages is handled. One small object, since it lives as long as the connection.</summary>
internal sealed class ConnectionScope(Connection connection) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 1;

    public KeyValuePair<string, object?> this[int index] => index == 0
        ? new("connection_id", connection.Id)
        : throw new ArgumentOutOfRangeException(nameof(index));

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return this[0];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"connection_id:{connection.Id}";
}
