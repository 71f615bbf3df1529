using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>What the parameters of many endpoints mean, by their names. A parameter's own <c>[Description]</c> and validation attributes go before.</summary>
internal static class ParameterDetails
{
    private static readonly Dictionary<string, (string Description, OpenApiSchema? Schema)> Known = new(StringComparer.Ordinal)
    {
        ["room_id"] = ("The room: 1 to 128 of A-Z a-z 0-9 _ . : -", Text(Wire.RoomIdPattern)),
        ["session_id"] = ("The session, as listSessions names it.", null),
        ["key_id"] = ("The key, as listApiKeys names it.", null),
        ["role"] = ("The role: 1 to 64 of a-z 0-9 _ -, beginning with a letter.", Text(RoleRules.NamePattern)),
        ["user_id"] = ("The user: 1 to 128 characters.", Text(1, Wire.MaxUserIdLength)),
        ["id"] = ("Its id.", null),
        ["job_id"] = ("The job, as listJobs names it.", null),
        ["webhook_id"] = ("The webhook, as listWebhooks names it.", null),
        ["delivery_id"] = ("The delivery, as listDeliveries names it.", null),
        ["file_id"] = ("The file.", null),
        ["connection_id"] = ("The connection, as connected told its client.", null),
        ["name"] = ("Its name in the configuration.", null),
        ["from"] = ("Where to begin without an id: start or end of the file; the source's own From when absent.", OneOf("start", "end")),
        ["limit"] = ("At most so many lines; 100 when absent.", Whole(1, 1_000)),
        ["last_event_id"] = ("Goes on after the event of this id, as the header Last-Event-ID does.", null),
        ["member"] = ("Only rooms that this user has a role in; without rooms:read it can be nobody but the caller.", Text(0, Wire.MaxUserIdLength)),
        ["prefix"] = ("Only rooms whose names begin so.", Text(0, Realtime.RoomId.MaxLength)),
        ["reason"] = ("What the people concerned are told.", Text(0, Reason.MaxLength)),
        ["after"] = ("Only messages after this offset, the oldest of them first.", Whole(0, null)),
        ["before"] = ("Only messages before this offset.", Whole(0, null)),
    };

    public static void Apply(OpenApiParameter parameter)
    {
        if (parameter.Name is { } name && Known.TryGetValue(name, out var known) && parameter.Description is null)
        {
            parameter.Description = known.Description;
            parameter.Schema = known.Schema ?? parameter.Schema;
        }
    }

    /// <summary>A whole number.</summary>
    public static OpenApiSchema Whole(int least, int? most, int? otherwise = null) => new()
    {
        Type = JsonSchemaType.Integer,
        Format = most is null ? "int64" : "int32",
        Minimum = Invariant(least),
        Maximum = most is { } known ? Invariant(known) : null,
        Default = otherwise,
    };

    private static OpenApiSchema Text(string pattern) => new() { Type = JsonSchemaType.String, Pattern = pattern };

    private static OpenApiSchema Text(int least, int most) => new() { Type = JsonSchemaType.String, MinLength = least, MaxLength = most };

    private static OpenApiSchema OneOf(params string[] values) => new() { Type = JsonSchemaType.String, Enum = [.. values] };

    private static string Invariant(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
