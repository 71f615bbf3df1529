using System.Globalization;
using System.Text.Json.Nodes;
using Causeway.Data;
using Dapper;

namespace Causeway.Identity;

/// <summary>The accounts, as whoever runs the service sees and changes them. Each change is written to the audit log, and counts at once on every node.</summary>
public sealed class Accounts
{
    private const int MostNames = 1_000;

    private readonly Database _database;
    private readonly PasswordHashing _passwords;
    private readonly Sessions _sessions;
    private readonly MailDesk _mail;
    private readonly AccessChangeLog _changes;
    private readonly AuditLog _audit;
    private readonly TimeProvider _time;

    internal Accounts(
        Database database, PasswordHashing passwords, Sessions sessions, MailDesk mail, AccessChangeLog changes, AuditLog audit, TimeProvider time) =>
        (_database, _passwords, _sessions, _mail, _changes, _audit, _time) = (database, passwords, sessions, mail, changes, audit, time);

    /// <summary>One account; null where there is none.</summary>
    public async Task<Account?> FindAsync(string id, CancellationToken cancellationToken = default) =>
        (await _database.QuerySingleOrDefaultAsync<AccountRow>($"SELECT {AccountRow.Columns} FROM users WHERE id = @id", new { id }, cancellationToken).ConfigureAwait(false))?.ToAccount();

    /// <summary>The account of an address; null where there is none.</summary>
    public async Task<Account?> FindAsync(EmailAddress email, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(email);
        return (await _database.QuerySingleOrDefaultAsync<AccountRow>(
            $"SELECT {AccountRow.Columns} FROM users WHERE email_key = @key", new { key = email.Key }, cancellationToken).ConfigureAwait(false))?.ToAccount();
    }

    /// <summary>The names of some accounts, by id, in one query; null for an account without a name. Ids that are no account's are left out.</summary>
    /// <param name="ids">At most 1,000.</param>
    /// <param name="cancellationToken">Interrupts the query.</param>
    public async Task<IReadOnlyDictionary<string, string?>> FindNamesAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Count, MostNames);
        if (ids.Count == 0)
        {
            return new Dictionary<string, string?>();
        }

        var parameters = new DynamicParameters();
        var list = new List<string>(ids.Count);
        foreach (var id in ids)
        {
            var parameter = string.Create(CultureInfo.InvariantCulture, $"id_{list.Count}");
            parameters.Add(parameter, id);
            list.Add("@" + parameter);
        }

        var rows = await _database.QueryAsync<NameRow>(
            $"SELECT id, name FROM users WHERE id IN ({string.Join(", ", list)})", parameters, cancellationToken).ConfigureAwait(false);
        return rows.ToDictionary(static row => row.Id, static row => row.Name, StringComparer.Ordinal);
    }

    /// <summary>Makes an account. One without a password is invited by mail to choose it.</summary>
    /// <param name="account">The account.</param>
    /// <param name="origin">Who does it.</param>
    /// <param name="inTransaction">What else is to be written in the same transaction, whatever came of it; null for nothing.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<AccountResult> CreateAsync(
        NewAccount account, AuditOrigin origin, Func<UnitOfWork, AccountResult, CancellationToken, Task>? inTransaction = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(origin);
        string? hash = null;
        if (account.Password is not null)
        {
            var hashed = await _passwords.HashAsync(account.Password, cancellationToken).ConfigureAwait(false);
            if (hashed.Status == PasswordStatus.Busy)
            {
                return new AccountResult(AccountStatus.Busy, RetryAfter: TimeSpan.FromSeconds(1));
            }

            hash = hashed.NewHash;
        }

        return await _database.WriteAsync(
            async (unit, token) =>
            {
                var result = await CreateAsync(unit, account, hash, origin, token).ConfigureAwait(false);
                if (inTransaction is not null)
                {
                    await inTransaction(unit, result, token).ConfigureAwait(false);
                }

                return result;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes an account in a transaction of the caller's; its password, if it has one, is already hashed.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="account">The account; its password is not looked at.</param>
    /// <param name="passwordHash">Of <see cref="PasswordHashing.HashAsync"/>; null for none yet, then its owner is invited.</param>
    /// <param name="origin">Who does it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<AccountResult> CreateAsync(UnitOfWork unit, NewAccount account, string? passwordHash, AuditOrigin origin, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(account);
        if (await Roles.MissingAsync(unit, account.Roles, cancellationToken).ConfigureAwait(false) is { Count: > 0 } missing)
        {
            return new AccountResult(AccountStatus.UnknownRoles, UnknownRoles: missing);
        }

        var now = _time.GetUtcNow();
        if (await InsertAsync(unit, NewRow(account.Email, account.Name, passwordHash, account.Roles, now) with
        {
            Disabled = account.IsDisabled,
            EmailVerifiedAt = account.IsEmailVerified ? now.ToUnixTimeMilliseconds() : null,
        }, cancellationToken).ConfigureAwait(false) is not { } row)
        {
            return new AccountResult(AccountStatus.EmailTaken);
        }

        if (passwordHash is null && !row.Disabled)
        {
            await _mail.AddAsync(unit, MailKind.Invitation, row.Id, row.Email, cancellationToken).ConfigureAwait(false);
        }

        await _audit.WriteAsync(
            unit, new AuditEntry("user.create", AuditOutcome.Success, origin, "user:" + row.Id, new JsonObject { ["email"] = row.Email, ["roles"] = Words(row.Roles) }), cancellationToken).ConfigureAwait(false);
        return new AccountResult(AccountStatus.Done, row.ToAccount());
    }

    /// <summary>Changes an account.</summary>
    /// <param name="id">Which.</param>
    /// <param name="changes">What.</param>
    /// <param name="version">The version to change; null for whichever there is.</param>
    /// <param name="origin">Who does it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<AccountResult> UpdateAsync(string id, AccountChanges changes, long? version, AuditOrigin origin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        ArgumentNullException.ThrowIfNull(origin);
        string? hash = null;
        if (changes.Password is not null)
        {
            var hashed = await _passwords.HashAsync(changes.Password, cancellationToken).ConfigureAwait(false);
            if (hashed.Status == PasswordStatus.Busy)
            {
                return new AccountResult(AccountStatus.Busy, RetryAfter: TimeSpan.FromSeconds(1));
            }

            hash = hashed.NewHash;
        }

        try
        {
            return await _database.WriteAsync((unit, token) => UpdateAsync(unit, id, changes, hash, version, origin, token), cancellationToken).ConfigureAwait(false);
        }
        catch (UniqueViolationException exception) when (exception.Constraint == "users_email_key")
        {
            return new AccountResult(AccountStatus.EmailTaken);
        }
    }

    /// <summary>Deletes an account with its sessions and its API keys. What it wrote in rooms stays.</summary>
    /// <param name="id">Which.</param>
    /// <param name="version">The version to delete; null for whichever there is.</param>
    /// <param name="origin">Who does it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<AccountResult> DeleteAsync(string id, long? version, AuditOrigin origin, CancellationToken cancellationToken = default) => _database.WriteAsync(
        async (unit, token) =>
        {
            if (await FindAsync(unit, id, token).ConfigureAwait(false) is not { } row)
            {
                return new AccountResult(AccountStatus.NotFound);
            }

            if (version is { } expected && row.Version != expected)
            {
                return new AccountResult(AccountStatus.OtherVersion);
            }

            await _sessions.EndAllAsync(unit, id, except: null, "deleted", token).ConfigureAwait(false);
            await unit.ExecuteAsync("DELETE FROM users WHERE id = @id", new { id }, token).ConfigureAwait(false);
            await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.User, id), token).ConfigureAwait(false);
            await _audit.WriteAsync(
                unit, new AuditEntry("user.delete", AuditOutcome.Success, origin, "user:" + id, new JsonObject { ["email"] = row.Email }), token).ConfigureAwait(false);
            return new AccountResult(AccountStatus.Done);
        },
        cancellationToken);

    internal static AccountRow NewRow(EmailAddress email, string? name, string? passwordHash, IEnumerable<string> roles, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now).ToString(),
        Email = email.Value,
        EmailKey = email.Key,
        Name = name,
        PasswordHash = passwordHash,
        Roles = WordList.Write(roles.Distinct(StringComparer.Ordinal)),
        SecurityVersion = 1,
        CreatedAt = now.ToUnixTimeMilliseconds(),
        UpdatedAt = now.ToUnixTimeMilliseconds(),
        Version = 1,
    };

    /// <summary>Writes a row; null where another account has the address. However many try at once, one of them has it.</summary>
    internal static Task<AccountRow?> InsertAsync(UnitOfWork unit, AccountRow row, CancellationToken cancellationToken) => unit.QuerySingleOrDefaultAsync<AccountRow>(
        $"""
        INSERT INTO users ({AccountRow.Columns})
        VALUES (@Id, @Email, @EmailKey, @Name, @PasswordHash, @Roles, @Disabled, @EmailVerifiedAt, @SecurityVersion, @CreatedAt, @UpdatedAt, @LastLoginAt, @Version)
        ON CONFLICT (email_key) DO NOTHING
        RETURNING {AccountRow.Columns}
        """,
        row, cancellationToken);

    internal static Task<AccountRow?> FindAsync(UnitOfWork unit, string id, CancellationToken cancellationToken) =>
        unit.QuerySingleOrDefaultAsync<AccountRow>($"SELECT {AccountRow.Columns} FROM users WHERE id = @id", new { id }, cancellationToken);

    private async Task<AccountResult> UpdateAsync(
        UnitOfWork unit, string id, AccountChanges changes, string? hash, long? version, AuditOrigin origin, CancellationToken cancellationToken)
    {
        if (await FindAsync(unit, id, cancellationToken).ConfigureAwait(false) is not { } before)
        {
            return new AccountResult(AccountStatus.NotFound);
        }

        if (version is { } expected && before.Version != expected)
        {
            return new AccountResult(AccountStatus.OtherVersion);
        }

        if (changes.Roles is not null && await Roles.MissingAsync(unit, changes.Roles, cancellationToken).ConfigureAwait(false) is { Count: > 0 } missing)
        {
            return new AccountResult(AccountStatus.UnknownRoles, UnknownRoles: missing);
        }

        var endsSessions = hash is not null || changes.IsDisabled == true && !before.Disabled;
        var movesAddress = changes.Email is { } email && email.Key != before.EmailKey;
        var after = before with
        {
            Email = changes.Email?.Value ?? before.Email,
            EmailKey = changes.Email?.Key ?? before.EmailKey,
            EmailVerifiedAt = movesAddress ? null : before.EmailVerifiedAt,
            Name = changes.SetsName ? changes.Name : before.Name,
            Roles = changes.Roles is null ? before.Roles : WordList.Write(changes.Roles.Distinct(StringComparer.Ordinal)),
            Disabled = changes.IsDisabled ?? before.Disabled,
            PasswordHash = hash ?? before.PasswordHash,
            SecurityVersion = before.SecurityVersion + (endsSessions ? 1 : 0),
            UpdatedAt = _time.GetUtcNow().ToUnixTimeMilliseconds(),
            Version = before.Version + 1,
        };
        var updated = await unit.ExecuteAsync(
            """
            UPDATE users SET email = @Email, email_key = @EmailKey, email_verified_at = @EmailVerifiedAt, name = @Name, roles = @Roles, disabled = @Disabled,
                password_hash = @PasswordHash, security_version = @SecurityVersion, updated_at = @UpdatedAt, version = @Version
            WHERE id = @Id AND version = @Version - 1
            """,
            after, cancellationToken).ConfigureAwait(false);
        if (updated == 0)
        {
            return new AccountResult(AccountStatus.OtherVersion);
        }

        if (endsSessions)
        {
            await _sessions.EndAllAsync(unit, id, except: null, hash is null ? "disabled" : "password", cancellationToken).ConfigureAwait(false);
        }

        await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.User, id), cancellationToken).ConfigureAwait(false);
        await _audit.WriteAsync(unit, new AuditEntry("user.update", AuditOutcome.Success, origin, "user:" + id, Difference(before, after)), cancellationToken).ConfigureAwait(false);
        return new AccountResult(AccountStatus.Done, after.ToAccount());
    }

    /// <summary>What a change changed, in words that may be kept.</summary>
    private static JsonObject Difference(AccountRow before, AccountRow after)
    {
        var details = new JsonObject();
        if (before.Email != after.Email)
        {
            details["email"] = new JsonArray(before.Email, after.Email);
        }

        if (before.Name != after.Name)
        {
            details["name"] = new JsonArray(before.Name, after.Name);
        }

        if (before.Roles != after.Roles)
        {
            details["roles"] = new JsonArray(Words(before.Roles), Words(after.Roles));
        }

        if (before.Disabled != after.Disabled)
        {
            details["disabled"] = after.Disabled;
        }

        if (before.PasswordHash != after.PasswordHash)
        {
            details["password"] = "changed";
        }

        return details;
    }

    private static JsonArray Words(string column) => [.. WordList.Read(column).Select(static word => JsonValue.Create(word))];

    private sealed record NameRow
    {
        public string Id { get; init; } = "";

        public string? Name { get; init; }
    }
}
