namespace Causeway.Realtime;

/// <summary>All that decides what somebody may do in a room, as it was when it was looked up.</summary>
/// <param name="Entry">What the directory says of it; null where it says nothing. Of a room in memory perhaps what it said before.</param>
/// <param name="Rules">Those of the room: its namespace's, and its own.</param>
/// <param name="Role">The user's role; null for none.</param>
/// <param name="Version">Of <see cref="Rooms.Version"/> before the look-up: another one now means that this may be out of date.</param>
/// <param name="IsOpen">Whether it is in memory.</param>
internal readonly record struct RoomStanding(RoomEntry? Entry, NamespaceRules Rules, RoomRole? Role, int Version, bool IsOpen)
{
    /// <summary>Whether there is such a room, or there will be as soon as somebody comes.</summary>
    public bool MayBeEntered => IsOpen || MayBeOpened;

    /// <summary>Whether it may be made where it is not in memory.</summary>
    public bool MayBeOpened => Entry is not null || Rules.AutoCreate;
}
