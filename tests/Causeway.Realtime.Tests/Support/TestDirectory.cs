using System.Collections.Concurrent;

namespace Causeway.Realtime.Tests;

/// <summary>Rooms and roles that a test keeps; answers as a database does, later and on another thread, and counts what it is asked.</summary>
internal sealed class TestDirectory : IRoomDirectory
{
    private readonly ConcurrentDictionary<string, Entry> _rooms = new(StringComparer.Ordinal);
    private int _asked;

    /// <summary>Questions so far.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Thrown instead of an answer.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Awaited between an answer and its delivery; gets the room.</summary>
    public Func<string, Task>? BeforeDelivery { get; set; }

    /// <summary>Says why a room is no more; none says nothing.</summary>
    public Func<string?>? Reason { get; set; }

    public void Set(string room, RoomOverrides? overrides = null, params (string User, RoomRole Role)[] roles) =>
        _rooms[room] = new Entry(overrides, new(roles.Select(static role => KeyValuePair.Create(role.User, role.Role)), StringComparer.Ordinal));

    public void Remove(string room) => _rooms.TryRemove(room, out _);

    public void SetRole(string room, string user, RoomRole? role)
    {
        if (role is { } given)
        {
            _rooms[room].Roles[user] = given;
        }
        else
        {
            _rooms[room].Roles.TryRemove(user, out _);
        }
    }

    public async ValueTask<RoomEntry?> FindAsync(RoomId room, string? userId, CancellationToken cancellationToken)
    {
        await AnswerLaterAsync();
        var answer = _rooms.TryGetValue(room.Value, out var entry) ? new RoomEntry(entry.Overrides, RoleOf(entry, userId)) : null;
        await (BeforeDelivery?.Invoke(room.Value) ?? Task.CompletedTask);
        return answer;
    }

    public async ValueTask<IReadOnlyDictionary<string, RoomRole>> FindRolesAsync(
        RoomId room, IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        await AnswerLaterAsync();
        Assert.InRange(userIds.Count, 1, 500);
        return _rooms.TryGetValue(room.Value, out var entry)
            ? userIds.Where(entry.Roles.ContainsKey).ToDictionary(static user => user, user => entry.Roles[user], StringComparer.Ordinal)
            : [];
    }

    public async ValueTask<string?> FindReasonAsync(RoomId room, CancellationToken cancellationToken)
    {
        await AnswerLaterAsync();
        return Reason?.Invoke();
    }

    private static RoomRole? RoleOf(Entry entry, string? userId) =>
        userId is not null && entry.Roles.TryGetValue(userId, out var role) ? role : null;

    private async Task AnswerLaterAsync()
    {
        Interlocked.Increment(ref _asked);
        await Task.Yield();
        if (Failure is { } failure)
        {
            throw failure;
        }
    }

    private sealed record Entry(RoomOverrides? Overrides, ConcurrentDictionary<string, RoomRole> Roles);
}
