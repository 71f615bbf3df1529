namespace Causeway.Realtime;

/// <summary>One connection's place in one room: who it is for the room, and how far its line has got.</summary>
internal sealed class Membership(Room room, Connection connection, bool echo, RoomRole? role)
{
    private int _role = (int)(role ?? default);

    public Room Room => room;

    public Connection Connection => connection;

    public Sender Sender { get; } = connection.Sender;

    /// <summary>Whether the member hears its own messages.</summary>
    public bool Echo { get; set; } = echo;

    /// <summary>What its user is in the room; null for nothing special. Follows the directory.</summary>
    public RoomRole? Role
    {
        get => (RoomRole)Volatile.Read(ref _role) is var known && known == default ? null : known;
        set => Volatile.Write(ref _role, (int)(value ?? default));
    }

    /// <summary>Place in the room's list of members; the room's gate guards it.</summary>
    public int RoomIndex { get; set; } = -1;

    /// <summary>True once it left; the room's gate guards it.</summary>
    public bool HasLeft { get; set; }

    // What follows belongs to the connection's loop.

    /// <summary>Place in the loop's list of members; -1 while not attached.</summary>
    public int ShardIndex { get; set; } = -1;

    /// <summary>What was published up to this sequence number came before it.</summary>
    public long JoinedAfter { get; set; }

    /// <summary>Live messages of the log up to this sequence number are not for it: they came before it, or it has read them there. Never less than <see cref="JoinedAfter"/>.</summary>
    public long LiveAfter { get; set; }

    /// <summary>True while it reads from the log.</summary>
    public bool IsBehind { get; set; }

    /// <summary>The newest position that its line was given.</summary>
    public long Position { get; set; }

    /// <summary>The batch that holds a message it must not hear.</summary>
    public RoomBatch? SkipIn { get; set; }

    /// <summary>What waits for it and what it missed; null while it keeps up.</summary>
    public SlowMember? Slow { get; set; }

    /// <summary>Whether a live message of a batch is for it. What no log holds is, also where it reads the log: there it would not find it.</summary>
    public bool Takes(RoomBatch batch, int index)
    {
        var (message, excluded, _) = batch.Messages[index];
        var sequence = batch.FirstSequence + index;
        return excluded != this && (message.Offset > 0 ? !IsBehind && sequence > LiveAfter : sequence > JoinedAfter);
    }
}
