using Causeway.Http;

namespace Causeway.Server;

/// <summary>Lists rooms in the order of their names.</summary>
internal static class ListRooms
{
    private const string PrefixRule = "Must be at most 128 characters.";

    public static IResult Handle(string? prefix, PageRequest page, Realtime.Rooms rooms)
    {
        if (prefix is { Length: > Realtime.RoomId.MaxLength })
        {
            return FieldErrors.For("prefix", PrefixRule).ToResult();
        }

        prefix ??= "";
        var found = CursorPage.From(
            rooms.List().Where(room => room.Id.Value.StartsWith(prefix, StringComparison.Ordinal)),
            static room => room.Id.Value,
            page,
            "rooms/" + prefix);
        return TypedResults.Ok(new CursorPage<RoomResponse>([.. found.Items.Select(RoomResponse.From)], found.NextCursor, found.HasNext));
    }
}
