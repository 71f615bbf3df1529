using Causeway.Http;

namespace Causeway.Server;

/// <summary>Rooms: list, create, change, end, and look inside.</summary>
internal static class RoomEndpoints
{
    public static void MapRoomEndpoints(this RouteGroupBuilder api)
    {
        var rooms = api.MapGroup("/rooms").WithTags("Rooms");

        rooms.MapGet("", ListRooms.HandleAsync)
            .WithName("listRooms").WithSummary("List rooms, stored or not, by cursor or by page, sorted and filtered; without rooms:read those that the caller has a role in.")
            .WithList(RoomList.List.Schema).Needs(AccessRule.Credential).Answers<ListPage<RoomResponse>>(200).Refuses(422, 503);
        rooms.MapGet("/export.csv", ListRooms.ExportCsv).IsCsvOf(RoomList.Export);
        rooms.MapGet("/export.ndjson", ListRooms.ExportNdjson).IsNdjsonOf(RoomList.Export);
        rooms.MapPost("/import", ImportRooms.HandleAsync)
            .WithName("importRooms").WithSummary("Store rooms of the rows of a CSV file; what is wrong is told by line, and keeps no other row out.")
            .Needs(AccessRule.Operator("rooms:write")).TakesUpTo(ImportRooms.MaxBytes).WithRateLimit(RateLimitPolicies.Upload)
            .Accepts<string>("text/csv", "text/plain", "multipart/form-data").Answers<CsvImportReport>(200).Refuses(408, 413, 415, 422, 503);
        rooms.MapPost("", CreateRoom.HandleAsync)
            .WithName("createRoom").WithSummary("Create a room that stays until it is deleted. Needs rooms:write, or a namespace that lets users create rooms.")
            .Needs(AccessRule.Credential).TakesIdempotencyKey().Answers<RoomResponse>(201).Sends(201, "ETag", "Which version of the room this is.").Refuses(409);
        rooms.MapGet("/{room_id}", GetRoom.HandleAsync)
            .WithName("getRoom").WithSummary("Show one room.")
            .Needs(AccessRule.ReadRoom).Answers<RoomResponse>(200).Answers(304).Sends(200, "ETag", "Which version of the room this is.").Refuses(404, 422);
        rooms.MapPatch("/{room_id}", UpdateRoom.HandleAsync)
            .WithName("updateRoom").WithSummary("Change a stored room; what is not named stays. Needs rooms:write, or to own it.")
            .Needs(AccessRule.Credential).Answers<RoomResponse>(200).Sends(200, "ETag", "Which version of the room this is.").Refuses(404, 412);
        rooms.MapDelete("/{room_id}", DeleteRoom.HandleAsync)
            .WithName("deleteRoom").WithSummary("End a room: its members are told by room_closed, its log is gone. Needs rooms:write, or to own it.")
            .Needs(AccessRule.Credential).Answers(204).Refuses(404, 412, 422);
        rooms.MapGet("/{room_id}/allowed-users", ListAllowedUsers.HandleAsync)
            .WithName("listAllowedUsers").WithSummary("List the users with a role in a stored room. Needs rooms:read, or to own or moderate it.")
            .Needs(AccessRule.Credential).Answers<CursorPage<AllowedUserResponse>>(200).Refuses(404, 422);
        rooms.MapGet("/{room_id}/allowed-users/{user_id}", GetAllowedUser.HandleAsync)
            .WithName("getAllowedUser").WithSummary("Show a user's role in a stored room. Needs rooms:read, to own or moderate it, or to be that user.")
            .Needs(AccessRule.Credential).Answers<AllowedUserResponse>(200).Refuses(404, 422);
        rooms.MapPut("/{room_id}/allowed-users/{user_id}", SetAllowedUser.HandleAsync)
            .WithName("setAllowedUser").WithSummary("Give a user a role in a stored room. Needs rooms:write, or to own it; moderators make members and readers.")
            .Needs(AccessRule.Credential).Answers<AllowedUserResponse>(200).Answers<AllowedUserResponse>(201).Sends(201, "Location", "Where the user's role is.").Refuses(404, 422);
        rooms.MapDelete("/{room_id}/allowed-users/{user_id}", RemoveAllowedUser.HandleAsync)
            .WithName("removeAllowedUser").WithSummary("Take a user's role in a stored room away; everybody may give up their own.")
            .Needs(AccessRule.Credential).Answers(204).Refuses(404, 422);
        rooms.MapGet("/{room_id}/members", ListMembers.HandleAsync)
            .WithName("listMembers").WithSummary("List who is in a room, as presence does.")
            .Needs(AccessRule.ReadRoom).Answers<CursorPage<ListMembers.MemberResponse>>(200).Refuses(404, 422);
        rooms.MapDelete("/{room_id}/members/{user_id}", KickMember.HandleAsync)
            .WithName("kickMember").WithSummary("Put all of a user's connections out of a room. Needs rooms:write, or to own or moderate it.")
            .Needs(AccessRule.Credential).Answers(204).Refuses(404, 422).Audits("room.kick", "room:{room_id}", "user_id", "reason");
        rooms.MapGet("/{room_id}/messages", ReadHistory.HandleAsync)
            .WithName("readHistory").WithSummary("Read a room's log: the newest messages, or those after or before an offset; always ascending.")
            .Needs(AccessRule.ReadRoom).Answers<CursorPage<EnvelopeDocument>>(200).Refuses(404, 422);
    }
}
