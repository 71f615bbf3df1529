using System.Net;
using System.Text.Json.Nodes;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>What a webhook may be.</summary>
internal static class WebhookRules
{
    public const int MaxUrlLength = 2_000;
    public const int MaxDescriptionLength = 500;
    public const int MaxPatterns = 100;
    public const string EventPattern = @"^([a-z_.]{1,63}\*?|\*)$";
    public const string RoomPattern = @"^([A-Za-z0-9_.:-]{1,127}\*?|[A-Za-z0-9_.:-]{128}|\*)$";
    public const string UrlRule = "Must be http://HOST or https://HOST, with port, path and query where needed, and neither a user nor a fragment.";
    public const string InsideRule = "Must not be this machine or in a private network; Webhooks:AllowPrivateNetworks lets webhooks go there.";
    public const string DescriptionRule = "Must be 1 to 500 characters, none of them a control character.";
    public const string RoomsRule = "Must be 1 to 100 names of rooms, or how they begin and *.";

    public static string EventsRule { get; } = $"Must be 1 to 100 of {string.Join(", ", WebhookEventTypes.All)}, or how they begin and *.";

    public static ApiError NotFound { get; } = new(ErrorCode.NotFound, "There is no such webhook.");

    /// <summary>Checks an endpoint's address; a name is looked up when it is connected to, and then judged by its addresses.</summary>
    public static void CheckUrl(FieldErrors errors, string? url, bool allowsInside)
    {
        if (url is not { Length: > 0 and <= MaxUrlLength } || url.Any(char.IsWhiteSpace) || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri is not { UserInfo: "", Fragment: "" } || uri.Host.Length == 0)
        {
            errors.Add("url", UrlRule);
        }
        else if (!allowsInside && (uri.IsLoopback || IPAddress.TryParse(uri.IdnHost.Trim('[', ']'), out var address) && !AddressRules.IsPublic(address)))
        {
            errors.Add("url", InsideRule);
        }
    }

    public static void CheckEvents(FieldErrors errors, IReadOnlyList<string>? events) => errors.Check(
        events is { Count: > 0 and <= MaxPatterns } && events.All(static pattern => pattern is not null && WebhookEventTypes.All.Any(type => NamePattern.Matches(pattern, type))), "events", EventsRule);

    public static void CheckRooms(FieldErrors errors, IReadOnlyList<string>? rooms) => errors.Check(
        rooms is null || rooms.Count is > 0 and <= MaxPatterns && rooms.All(static pattern => pattern is "*" || pattern is not null && Wire.IsRoomId(pattern is [.., '*'] ? pattern[..^1] : pattern)),
        "rooms",
        RoomsRule);

    public static void CheckDescription(FieldErrors errors, string? description) => errors.Check(
        description is null || description.Length is > 0 and <= MaxDescriptionLength && !description.Any(static character => char.IsControl(character) && character != '\n'), "description", DescriptionRule);

    /// <summary>What the audit log says of an endpoint: its query may have a secret in it.</summary>
    public static JsonObject Describe(WebhookRow row) => new()
    {
        ["url"] = new Uri(row.Url).GetLeftPart(UriPartial.Path),
        ["events"] = JsonNode.Parse(row.Events),
        ["active"] = row.Active,
    };
}
