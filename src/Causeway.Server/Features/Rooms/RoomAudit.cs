using System.Text.Json.Nodes;
using Causeway.Data;
using Causeway.Identity;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Writes down what is done to rooms and to roles in them, in the transaction that does it.</summary>
internal sealed class RoomAudit(AuditLog log)
{
    // Of a change with thousands of users the first tell enough; the numbers are whole.
    private const int NamedUsers = 100;

    /// <summary>A room is made.</summary>
    public Task CreatedAsync(UnitOfWork unit, HttpContext context, StoredRoom room, int usersWithRoles, CancellationToken cancellationToken) =>
        CreatedAsync(unit, Origins.Of(context), room, usersWithRoles, cancellationToken);

    /// <inheritdoc cref="CreatedAsync(UnitOfWork, HttpContext, StoredRoom, int, CancellationToken)"/>
    public Task CreatedAsync(UnitOfWork unit, AuditOrigin origin, StoredRoom room, int usersWithRoles, CancellationToken cancellationToken)
    {
        var details = new JsonObject();
        Add(details, "title", room.Title);
        Add(details, "settings", Settings(room));
        if (usersWithRoles > 0)
        {
            details["users_with_roles"] = usersWithRoles;
        }

        return WriteAsync(unit, origin, "room.create", room.RoomId, details, cancellationToken);
    }

    /// <summary>A room is another one now.</summary>
    public Task UpdatedAsync(UnitOfWork unit, HttpContext context, StoredRoom before, StoredRoom after, RoleChanges roles, CancellationToken cancellationToken)
    {
        var details = new JsonObject();
        if (before.Title != after.Title)
        {
            details["title"] = after.Title;
        }

        if (before.Description != after.Description)
        {
            details["description"] = after.Description;
        }

        if (before.Settings != after.Settings)
        {
            details["settings"] = Settings(after) ?? new JsonObject();
        }

        Add(details, "added", roles.Added);
        Add(details, "removed", roles.Removed);
        return WriteAsync(unit, context, "room.update", after.RoomId, details, cancellationToken);
    }

    /// <summary>A room is no more.</summary>
    public Task DeletedAsync(UnitOfWork unit, HttpContext context, RoomId room, bool wasStored, string reason, CancellationToken cancellationToken) => WriteAsync(
        unit, context, "room.delete", room.Value, new JsonObject { ["permanent"] = wasStored, ["reason"] = reason }, cancellationToken);

    /// <summary>A user has a role, another one, or none any more.</summary>
    public Task RoleSetAsync(UnitOfWork unit, HttpContext context, RoomId room, string userId, RoomRole? before, RoomRole? after, CancellationToken cancellationToken)
    {
        var details = new JsonObject { ["user_id"] = userId };
        Add(details, "before", SettingWords.Write(before));
        Add(details, "role", SettingWords.Write(after));
        return WriteAsync(unit, context, after is null ? "room.revoke" : "room.grant", room.Value, details, cancellationToken);
    }

    private static JsonNode? Settings(StoredRoom room) => room.Settings is null ? null : JsonNode.Parse(room.Settings);

    private static void Add(JsonObject details, string name, JsonNode? value)
    {
        if (value is not null)
        {
            details[name] = value;
        }
    }

    private static void Add(JsonObject details, string name, IReadOnlyList<string> users)
    {
        if (users.Count > 0)
        {
            details[name] = new JsonArray([.. users.Take(NamedUsers).Select(static user => JsonValue.Create(user))]);
            details[name + "_count"] = users.Count;
        }
    }

    private Task WriteAsync(UnitOfWork unit, HttpContext context, string action, string room, JsonObject details, CancellationToken cancellationToken) =>
        WriteAsync(unit, Origins.Of(context), action, room, details, cancellationToken);

    private Task WriteAsync(UnitOfWork unit, AuditOrigin origin, string action, string room, JsonObject details, CancellationToken cancellationToken) => log.WriteAsync(
        unit, new AuditEntry(action, AuditOutcome.Success, origin, "room:" + room, details.Count > 0 ? details : null), cancellationToken);
}
