using Causeway.Http;

namespace Causeway.Server;

/// <summary>Rooms: list, create, change, end, and look inside.</summary>
internal static class RoomEndpoints
{
    public static void MapRoomEndpoints(this RouteGroupBuilder api)
    {
        var rooms = api.MapGroup("/rooms").WithTags("Rooms");

        rooms.MapGet("", ListRooms.Handle)
            .WithName("listRooms").WithSummary("List rooms, in the order of their names.")
            .Needs(AccessRule.Operator("rooms:read")).Answers<CursorPage<RoomResponse>>(200).Refuses(422);
        rooms.MapPost("", CreateRoom.Handle)
            .WithName("createRoom").WithSummary("Create a room that stays until it is deleted.")
            .Needs(AccessRule.Operator("rooms:write")).TakesIdempotencyKey().Answers<RoomResponse>(201).Refuses(409);
        rooms.MapGet("/{room_id}", GetRoom.Handle)
            .WithName("getRoom").WithSummary("Show one room.")
            .Needs(AccessRule.ReadRoom).Answers<RoomResponse>(200).Refuses(404, 422);
        rooms.MapPatch("/{room_id}", UpdateRoom.Handle)
            .WithName("updateRoom").WithSummary("Change a room's title or allowed users; what is not named stays.")
            .Needs(AccessRule.Operator("rooms:write")).Answers<RoomResponse>(200).Refuses(404);
        rooms.MapDelete("/{room_id}", DeleteRoom.Handle)
            .WithName("deleteRoom").WithSummary("End a room: its members are told by room_closed, its log is gone.")
            .Needs(AccessRule.Operator("rooms:write")).Answers(204).Refuses(404, 422);
        rooms.MapGet("/{room_id}/members", ListMembers.Handle)
            .WithName("listMembers").WithSummary("List who is in a room, as presence does.")
            .Needs(AccessRule.ReadRoom).Answers<CursorPage<ListMembers.MemberResponse>>(200).Refuses(404, 422);
        rooms.MapDelete("/{room_id}/members/{user_id}", KickMember.Handle)
            .WithName("kickMember").WithSummary("Put all of a user's connections out of a room.")
            .Needs(AccessRule.Operator("rooms:write")).Answers(204).Refuses(404, 422);
        rooms.MapGet("/{room_id}/messages", ReadHistory.Handle)
            .WithName("readHistory").WithSummary("Read a room's log: the newest messages, or those after or before an offset; always ascending.")
            .Needs(AccessRule.ReadRoom).Answers<CursorPage<EnvelopeDocument>>(200).Refuses(404, 422);
    }
}
