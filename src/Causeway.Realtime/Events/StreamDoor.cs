using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Lets event streams in: all rooms of one are looked at before it begins, since an HTTP answer can refuse and a stream can't.</summary>
internal sealed class StreamDoor(LiveCore core)
{
    /// <summary>Whether a stream may begin. What its rooms have to have read for that is read, up to where the client wants to go on.</summary>
    /// <returns>Null, or why not.</returns>
    public async ValueTask<ApiError?> CheckAsync(RealtimeIdentity identity, EventStream stream, CancellationToken cancellationToken)
    {
        var rooms = stream.Rooms;
        if (rooms.Count > core.Options.MaxRoomsPerConnection)
        {
            return Refusals.TooManyRooms(core.Options.MaxRoomsPerConnection);
        }

        for (var i = 0; i < rooms.Count; i++)
        {
            var id = rooms[i];
            var (standing, failure) = await core.Lookup.FindAsync(id, identity.UserId, cancellationToken).ConfigureAwait(false);
            if ((failure ?? RoomAccess.CheckJoin(identity, standing.Rules, id, standing.Role)) is { } forbidden)
            {
                return forbidden;
            }

            if (!standing.MayBeEntered)
            {
                return Refusals.RoomNotFound(id);
            }

            if (await core.Door.OpenAsync(id, standing).ConfigureAwait(false) is { } unavailable)
            {
                return unavailable;
            }

            if (core.Cluster is { } cluster && await cluster.CatchUp.FindAsync(id, stream.PositionAt(i)).ConfigureAwait(false) is { } behind)
            {
                return behind;
            }

            if (core.Rooms.Get(id)?.Describe().Connections >= standing.Rules.MaxMembers)
            {
                return Refusals.RoomFull(id, standing.Rules.MaxMembers);
            }
        }

        return null;
    }

    /// <summary>Makes a stream that passed the checks a member of its rooms, and has it begin. A room that filled up, went or was forbidden meanwhile is left out, and said to be.</summary>
    public async Task EnterAsync(Connection connection)
    {
        var stream = connection.Stream!;
        var leftOut = new List<byte[]>();
        for (var i = 0; i < stream.Rooms.Count; i++)
        {
            var (member, refused) = await core.Door.EnterAsync(connection, stream.Rooms[i], echo: true).ConfigureAwait(false);
            if (member is not null)
            {
                stream.Set(i, member);
            }
            else
            {
                var type = refused!.Code == ErrorCode.Forbidden ? "kicked" : "room_closed";
                leftOut.Add(ServerMessages.PutOut(connection.Sender.Form, type, stream.Rooms[i], refused.Message));
            }
        }

        core.Connections.Add(connection);
        leftOut.ForEach(connection.Send);
    }
}
