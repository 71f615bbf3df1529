using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Data;
using Causeway.Identity;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>
/// Tells of changes to accounts and stored rooms. What is told is written in the transaction that makes the change, so it is sent for every change that was kept, and for none
/// that was not.
/// </summary>
internal sealed class ChangeEvents(WebhookEvents events, TimeProvider time) : IAuditFollower
{
    private const string SelectUser =
        "SELECT id, email, name, roles, disabled, password_hash IS NOT NULL AS has_password, email_verified_at, created_at, updated_at, last_login_at, version FROM users WHERE id = @id";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public async Task FollowAsync(UnitOfWork unit, AuditEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Outcome != AuditOutcome.Success || TypeOf(entry) is not { } type || entry.Target is not { } target)
        {
            return;
        }

        var id = target[(target.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var isRoom = target.StartsWith("room:", StringComparison.Ordinal);
        if (isRoom ? !events.AreWanted(type, id) : !events.AreWanted(type))
        {
            return;
        }

        var data = isRoom ? await RoomAsync(unit, id, type, cancellationToken) : await UserAsync(unit, id, type, cancellationToken);
        data["by"] = entry.Origin.Actor;
        if (type is WebhookEventTypes.UserUpdated or WebhookEventTypes.RoomUpdated && entry.Details is { Count: > 0 } changes)
        {
            data["changed"] = new JsonArray([.. changes.Select(static change => JsonValue.Create(change.Key))]);
        }

        await events.WriteAsync(unit, new WebhookEvent(type, time.GetUtcNow(), data.ToJsonString()) { Room = isRoom ? id : null }, cancellationToken);
    }

    private static string? TypeOf(AuditEntry entry) => entry.Action switch
    {
        "user.create" => WebhookEventTypes.UserCreated,

        // Whoever registers an address that has an account makes none.
        "auth.register" when entry.Details is null => WebhookEventTypes.UserCreated,
        "user.update" or "auth.verify_email" => WebhookEventTypes.UserUpdated,
        "user.delete" => WebhookEventTypes.UserDeleted,
        "room.create" => WebhookEventTypes.RoomCreated,
        "room.update" or "room.grant" or "room.revoke" => WebhookEventTypes.RoomUpdated,
        "room.delete" => WebhookEventTypes.RoomDeleted,
        _ => null,
    };

    private static async Task<JsonObject> UserAsync(UnitOfWork unit, string id, string type, CancellationToken cancellationToken)
    {
        var data = new JsonObject { ["user_id"] = id };
        if (type != WebhookEventTypes.UserDeleted && await unit.QuerySingleOrDefaultAsync<UserList.Row>(SelectUser, new { id }, cancellationToken) is { } row)
        {
            data["user"] = JsonSerializer.SerializeToNode(UserList.Shape(row), Json);
        }

        return data;
    }

    private static async Task<JsonObject> RoomAsync(UnitOfWork unit, string id, string type, CancellationToken cancellationToken)
    {
        var data = new JsonObject { ["room_id"] = id };
        if (type != WebhookEventTypes.RoomDeleted && await RoomStore.LockAsync(unit, RoomId.Parse(id), cancellationToken) is { } room)
        {
            data["title"] = room.Title;
            data["description"] = room.Description;
            data["settings"] = room.Settings is null ? null : JsonNode.Parse(room.Settings);
            data["version"] = room.Version;
        }

        return data;
    }
}
