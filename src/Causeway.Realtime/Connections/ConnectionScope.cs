using System.Collections;

namespace Causeway.Realtime;

/// <summary>The log scope of what is done for a connection: <c>connection_id</c>, and <c>user_id</c> where there is one.</summary>
internal sealed class ConnectionScope(string connectionId, string? userId) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => userId is null ? 1 : 2;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("connection_id", connectionId),
        1 when userId is not null => new("user_id", userId),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"connection_id:{connectionId}";
}
