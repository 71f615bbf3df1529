using System.Collections;

namespace Causeway.Realtime;

/// <summary>
/// The log scope of one connection, on whatever is logged while one of its messages is handled: <c>connection_id</c>, and <c>user_id</c> where there is one.
/// One small object, since it lives as long as the connection.
/// </summary>
internal sealed class ConnectionScope(Connection connection) : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => connection.Identity.UserId is null ? 1 : 2;

    public KeyValuePair<string, object?> this[int index] => index switch
    {
        0 => new("connection_id", connection.Id),
        1 when connection.Identity.UserId is { } userId => new("user_id", userId),
        _ => throw new ArgumentOutOfRangeException(nameof(index)),
    };

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator()
    {
        yield return this[0];
        if (connection.Identity.UserId is { } userId)
        {
            yield return new("user_id", userId);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => $"connection_id:{connection.Id}";
}
