using System.Text.Json.Nodes;
using Causeway.Data;

namespace Causeway.Identity;

/// <summary>What became of a change to a role.</summary>
public enum RoleStatus
{
    /// <summary>It was made.</summary>
    Created = 1,

    /// <summary>It was changed, or deleted.</summary>
    Changed,

    /// <summary>There is no such role.</summary>
    NotFound,

    /// <summary>It belongs to the service and stays as it is.</summary>
    BuiltIn,

    /// <summary>It is not the version that was to be changed.</summary>
    OtherVersion,

    /// <summary>Accounts have it.</summary>
    InUse,
}

/// <summary>The result of a change to a role.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Role">As it is now; null where there is none.</param>
/// <param name="Users">How many accounts have it, where that is why it stays.</param>
public readonly record struct RoleResult(RoleStatus Status, Role? Role = null, long Users = 0);

/// <summary>The roles. A change governs everybody who has the role within a second, on every node.</summary>
public sealed class Roles
{
    internal const string Columns = "name, description, permissions, created_at, updated_at, version";

    private readonly Database _database;
    private readonly AccessChangeLog _changes;
    private readonly AuditLog _audit;
    private readonly TimeProvider _time;

    internal Roles(Database database, AccessChangeLog changes, AuditLog audit, TimeProvider time) =>
        (_database, _changes, _audit, _time) = (database, changes, audit, time);

    /// <summary>All roles, by name.</summary>
    public async Task<IReadOnlyList<Role>> ListAsync(CancellationToken cancellationToken = default)
    {
        var rows = await _database.QueryAsync<RoleRow>($"SELECT {Columns} FROM roles ORDER BY name", null, cancellationToken).ConfigureAwait(false);
        return rows.ConvertAll(static row => row.ToRole());
    }

    /// <summary>One role; null where there is none of that name.</summary>
    public async Task<Role?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        (await _database.QuerySingleOrDefaultAsync<RoleRow>($"SELECT {Columns} FROM roles WHERE name = @name", new { name }, cancellationToken).ConfigureAwait(false))?.ToRole();

    /// <summary>Makes a role, or changes what it allows.</summary>
    /// <param name="name">Its name, well-formed.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="permissions">What it allows.</param>
    /// <param name="version">The version to change; null for whichever there is.</param>
    /// <param name="origin">Who does it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<RoleResult> PutAsync(
        string name, string? description, PermissionSet permissions, long? version, AuditOrigin origin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(permissions);
        if (!Role.IsName(name))
        {
            throw new ArgumentException("This is no name of a role.", nameof(name));
        }

        return name == Role.Admin
            ? Task.FromResult(new RoleResult(RoleStatus.BuiltIn))
            : _database.WriteAsync((unit, token) => PutAsync(unit, name, description, permissions, version, origin, token), cancellationToken);
    }

    /// <summary>Deletes a role that no account has.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">The version to delete; null for whichever there is.</param>
    /// <param name="origin">Who does it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<RoleResult> DeleteAsync(string name, long? version, AuditOrigin origin, CancellationToken cancellationToken = default) => name is Role.Admin or Role.User
        ? Task.FromResult(new RoleResult(RoleStatus.BuiltIn))
        : _database.WriteAsync((unit, token) => DeleteAsync(unit, name, version, origin, token), cancellationToken);

    /// <summary>Those of the names that are no roles.</summary>
    internal static async Task<IReadOnlyList<string>> MissingAsync(UnitOfWork unit, IReadOnlyCollection<string> names, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        foreach (var name in names)
        {
            if (await unit.QuerySingleOrDefaultAsync<string>("SELECT name FROM roles WHERE name = @name", new { name }, cancellationToken).ConfigureAwait(false) is null)
            {
                missing.Add(name);
            }
        }

        return missing;
    }

    private async Task<RoleResult> PutAsync(
        UnitOfWork unit, string name, string? description, PermissionSet permissions, long? version, AuditOrigin origin, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var values = new { name, description, permissions = WordList.Write(permissions), now, version };
        var row = await unit.QuerySingleOrDefaultAsync<RoleRow>(
            $"UPDATE roles SET description = @description, permissions = @permissions, updated_at = @now, version = version + 1 WHERE name = @name {(version is null ? "" : "AND version = @version")} RETURNING {Columns}",
            values, cancellationToken).ConfigureAwait(false);
        var status = RoleStatus.Changed;
        if (row is null)
        {
            if (version is not null)
            {
                return new RoleResult(await ExistsAsync(unit, name, cancellationToken).ConfigureAwait(false) ? RoleStatus.OtherVersion : RoleStatus.NotFound);
            }

            status = RoleStatus.Created;
            row = await unit.QuerySingleOrDefaultAsync<RoleRow>(
                $"INSERT INTO roles ({Columns}) VALUES (@name, @description, @permissions, @now, @now, 1) ON CONFLICT (name) DO UPDATE SET description = excluded.description, permissions = excluded.permissions, updated_at = excluded.updated_at, version = roles.version + 1 RETURNING {Columns}",
                values, cancellationToken).ConfigureAwait(false);
        }

        await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.Role), cancellationToken).ConfigureAwait(false);
        await _audit.WriteAsync(
            unit,
            new AuditEntry(status == RoleStatus.Created ? "role.create" : "role.update", AuditOutcome.Success, origin, "role:" + name, new JsonObject { ["permissions"] = permissions.ToString() }),
            cancellationToken).ConfigureAwait(false);
        return new RoleResult(status, row!.ToRole());
    }

    private async Task<RoleResult> DeleteAsync(UnitOfWork unit, string name, long? version, AuditOrigin origin, CancellationToken cancellationToken)
    {
        var users = await unit.QuerySingleOrDefaultAsync<long>(
            "SELECT COUNT(*) FROM users WHERE roles LIKE @pattern ESCAPE '!'", new { pattern = WordList.PatternOf(name) }, cancellationToken).ConfigureAwait(false);
        if (users > 0)
        {
            return new RoleResult(RoleStatus.InUse, Users: users);
        }

        var deleted = await unit.ExecuteAsync(
            $"DELETE FROM roles WHERE name = @name {(version is null ? "" : "AND version = @version")}", new { name, version }, cancellationToken).ConfigureAwait(false);
        if (deleted == 0)
        {
            return new RoleResult(await ExistsAsync(unit, name, cancellationToken).ConfigureAwait(false) ? RoleStatus.OtherVersion : RoleStatus.NotFound);
        }

        await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.Role), cancellationToken).ConfigureAwait(false);
        await _audit.WriteAsync(unit, new AuditEntry("role.delete", AuditOutcome.Success, origin, "role:" + name), cancellationToken).ConfigureAwait(false);
        return new RoleResult(RoleStatus.Changed);
    }

    private static async Task<bool> ExistsAsync(UnitOfWork unit, string name, CancellationToken cancellationToken) =>
        await unit.QuerySingleOrDefaultAsync<string>("SELECT name FROM roles WHERE name = @name", new { name }, cancellationToken).ConfigureAwait(false) is not null;
}
