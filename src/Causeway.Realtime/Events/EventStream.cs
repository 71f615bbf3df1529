using System.Globalization;

namespace Causeway.Realtime;

/// <summary>The rooms of one event stream, in the order of its URL, and the cursor over them. Belongs to the connection's loop.</summary>
internal sealed class EventStream(IReadOnlyList<RoomId> rooms, EventResume resume)
{
    private static readonly byte[]?[] Comments =
    [
        null, null, WireFormat.Raw(WireForm.Event, ":\n\n"), WireFormat.Raw(WireForm.ChunkedEvent, ":\n\n"),
    ];

    private readonly Membership?[] _members = new Membership?[rooms.Count];

    public IReadOnlyList<RoomId> Rooms => rooms;

    public static byte[] Comment(WireForm form) => Comments[(int)form]!;

    /// <summary>The last words of a stream that the server ends: when to come back, and why.</summary>
    public static byte[] Farewell(WireForm form, TimeSpan after) => [.. Retry(form, after), .. ServerMessages.Shutdown(form, after)];

    public static byte[] Retry(WireForm form, TimeSpan after) =>
        WireFormat.Raw(form, string.Create(CultureInfo.InvariantCulture, $"retry: {(long)after.TotalMilliseconds}\n\n"));

    /// <summary>Where the client wants to go on in the room at a place of the URL; null for nowhere.</summary>
    public RoomPosition? PositionAt(int room) => resume.PositionAt(room);

    /// <summary>Notes the membership of the room at a place of the URL, before the stream starts.</summary>
    public void Set(int index, Membership member) => _members[index] = member;

    /// <summary>Starts the stream: greeting, what can't be recovered, then what was missed. Called on the connection's loop.</summary>
    public void Start(Connection connection, LiveCore core)
    {
        var sender = connection.Sender;
        var resets = new List<byte[]>();
        for (var i = 0; i < _members.Length; i++)
        {
            if (_members[i] is not { } member || member.Room.Attach(member, new JoinRequest(null, PositionAt(i), 0)) is not { } point)
            {
                _members[i] = null;
                continue;
            }

            if (resume.IsResumed && !point.Recovered)
            {
                resets.Add(ServerMessages.Reset(sender.Form, member.Room, point.Newest));
            }
        }

        sender.Start([.. Retry(sender.Form, Drain.Jitter(connection.Number)), .. Comment(sender.Form), .. ServerMessages.ConnectedEvent(connection, core, Cursor())]);
        foreach (var reset in resets)
        {
            sender.Send(reset);
        }

        foreach (var member in _members)
        {
            if (member is { IsBehind: true })
            {
                sender.StartReplay(member);
            }
        }
    }

    /// <summary>The cursor after a message of one of the rooms.</summary>
    public string CursorAt(Membership member, long offset)
    {
        member.Position = offset;
        return Cursor();
    }

    private string Cursor() => EventCursor.Format(_members.Select(static member =>
        member is { Room.Rules.HasHistory: true } ? new RoomPosition(member.Room.Epoch, member.Position) : (RoomPosition?)null));
}

/// <summary>Where a client wants to go on.</summary>
/// <param name="IsResumed">Whether it came with a cursor at all.</param>
/// <param name="Positions">What the cursor says; null when it can't be read.</param>
internal readonly record struct EventResume(bool IsResumed, RoomPosition?[]? Positions)
{
    /// <summary>Reads what a client sent; null or nothing where it comes for the first time.</summary>
    public static EventResume Of(string? id, int rooms) => string.IsNullOrEmpty(id) ? default : new(true, EventCursor.TryParse(id, rooms, out var positions) ? positions : null);

    public RoomPosition? PositionAt(int room) => Positions?[room];
}
