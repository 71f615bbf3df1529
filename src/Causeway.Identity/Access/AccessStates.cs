using Causeway.Data;

namespace Causeway.Identity;

/// <summary>What counts of accounts, sessions, keys and roles for each request, remembered so that a request costs no query.</summary>
/// <remarks>
/// <see cref="AccessFeed"/> says what to forget. While it can't be heard, what is remembered counts for a minute more; then it is read again, which fails for as
/// long as the database is down: better nobody than somebody whose access was taken away.
/// </remarks>
internal sealed class AccessStates
{
    private const string EveryRole = "roles";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Database _database;
    private readonly RememberedRows<UserAccess> _users;
    private readonly RememberedRows<SessionAccess> _sessions;
    private readonly RememberedRows<ApiKeyAccess> _apiKeys;
    private readonly RememberedRows<Dictionary<string, PermissionSet>> _roles;

    // Changes tell the key's id, requests its prefix. Keys are few, and change seldom: all are forgotten.
    public AccessStates(Database database, AccessFeed feed, TimeProvider time)
    {
        _database = database;
        bool IsTrusted(long readAt) => feed.Age < Patience || time.GetElapsedTime(readAt) < TimeSpan.FromSeconds(1);
        _users = new RememberedRows<UserAccess>(ReadUserAsync, IsTrusted, time);
        _sessions = new RememberedRows<SessionAccess>(ReadSessionAsync, IsTrusted, time);
        _apiKeys = new RememberedRows<ApiKeyAccess>(ReadApiKeyAsync, IsTrusted, time);
        _roles = new RememberedRows<Dictionary<string, PermissionSet>>(ReadRolesAsync, IsTrusted, time);
        feed.Forgets(Forget);
    }

    public ValueTask<UserAccess?> FindUserAsync(string id, CancellationToken cancellationToken) => _users.FindAsync(id, cancellationToken);

    public ValueTask<SessionAccess?> FindSessionAsync(string id, CancellationToken cancellationToken) => _sessions.FindAsync(id, cancellationToken);

    public ValueTask<ApiKeyAccess?> FindApiKeyAsync(string prefix, CancellationToken cancellationToken) => _apiKeys.FindAsync(prefix, cancellationToken);

    private void Forget(AccessChange change)
    {
        switch (change.Kind)
        {
            case AccessChangeKind.User:
                _users.Forget(change.UserId!);
                break;
            case AccessChangeKind.Session:
                _sessions.Forget(change.SessionId!);
                break;
            case AccessChangeKind.ApiKey:
                _apiKeys.ForgetAll();
                break;
            case AccessChangeKind.Role:
                _roles.ForgetAll();
                _users.ForgetAll();
                break;
            case AccessChangeKind.Everything:
                _roles.ForgetAll();
                _users.ForgetAll();
                _sessions.ForgetAll();
                _apiKeys.ForgetAll();
                break;
        }
    }

    private async Task<UserAccess?> ReadUserAsync(string id, CancellationToken cancellationToken)
    {
        var row = await _database.QuerySingleOrDefaultAsync<AccountRow>(
            $"SELECT {AccountRow.Columns} FROM users WHERE id = @id", new { id }, cancellationToken).ConfigureAwait(false);
        if (row is null)
        {
            return null;
        }

        var all = await _roles.FindAsync(EveryRole, cancellationToken).ConfigureAwait(false);
        var names = WordList.Read(row.Roles);
        return new UserAccess
        {
            Id = row.Id,
            Name = row.Name,
            IsDisabled = row.Disabled,
            SecurityVersion = row.SecurityVersion,
            Roles = names.ToHashSet(StringComparer.Ordinal),
            Permissions = new PermissionSet(names.SelectMany(name => all!.TryGetValue(name, out var permissions) ? permissions : PermissionSet.None)),
        };
    }

    private async Task<SessionAccess?> ReadSessionAsync(string id, CancellationToken cancellationToken)
    {
        var row = await _database.QuerySingleOrDefaultAsync<SessionRow>(
            $"SELECT {SessionRow.Columns} FROM sessions WHERE id = @id", new { id }, cancellationToken).ConfigureAwait(false);
        return row is null ? null : new SessionAccess
        {
            Id = row.Id,
            UserId = row.UserId,
            Kind = (SessionKind)row.Kind,
            ExpiresAt = UnixTime.From(row.ExpiresAt),
            HasEnded = row.EndedAt is not null,
        };
    }

    private async Task<ApiKeyAccess?> ReadApiKeyAsync(string prefix, CancellationToken cancellationToken)
    {
        var row = await _database.QuerySingleOrDefaultAsync<ApiKeyRow>(
            $"SELECT {ApiKeyRow.Columns} FROM api_keys WHERE prefix = @prefix", new { prefix }, cancellationToken).ConfigureAwait(false);
        return row is null ? null : new ApiKeyAccess
        {
            Id = row.Id,
            Hash = row.Hash,
            Name = row.Name,
            OwnerId = row.OwnerId,
            Scopes = new PermissionSet(WordList.Read(row.Scopes)),
            ExpiresAt = UnixTime.From(row.ExpiresAt),
            IsRevoked = row.RevokedAt is not null,
        };
    }

    private async Task<Dictionary<string, PermissionSet>?> ReadRolesAsync(string _, CancellationToken cancellationToken)
    {
        var rows = await _database.QueryAsync<RoleRow>($"SELECT {Roles.Columns} FROM roles", null, cancellationToken).ConfigureAwait(false);
        return rows.ToDictionary(static row => row.Name, static row => new PermissionSet(WordList.Read(row.Permissions)), StringComparer.Ordinal);
    }
}
