namespace Causeway.Server;

/// <summary>What of a room's representation changes without a new version: its life on this node.</summary>
internal static class RoomTag
{
    public static string Of(RoomResponse room) => string.Join('.', room.Epoch, room.Offset, room.HistoryCount, room.Connections, room.Members, room.Dropped, room.SlowCloses);
}
