using System.Text.Json.Nodes;
using Causeway.Data;
using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>What became of a registration.</summary>
public enum RegistrationStatus
{
    /// <summary>There is an account, and it is logged in.</summary>
    Registered = 1,

    /// <summary>A mail is on its way; whether the address had an account already is not told.</summary>
    MailSent,

    /// <summary>The address has an account already. Told only where addresses need not be verified: there, trying to log in would tell as well.</summary>
    EmailTaken,

    /// <summary>Too many passwords are being hashed: come back in a second.</summary>
    Busy,
}

/// <summary>The result of a registration.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Tokens">The first session's tokens.</param>
/// <param name="Account">The new account.</param>
public readonly record struct RegistrationResult(RegistrationStatus Status, SessionTokens? Tokens = null, Account? Account = null);

/// <summary>Lets people make accounts for themselves, and prove that their address is theirs.</summary>
public sealed class Registration
{
    private readonly Database _database;
    private readonly PasswordHashing _passwords;
    private readonly Sessions _sessions;
    private readonly MailDesk _mail;
    private readonly MailTokens _tokens;
    private readonly AccessChangeLog _changes;
    private readonly AuditLog _audit;
    private readonly IdentityOptions _options;
    private readonly TimeProvider _time;

    internal Registration(
        Database database,
        PasswordHashing passwords,
        Sessions sessions,
        MailDesk mail,
        MailTokens tokens,
        AccessChangeLog changes,
        AuditLog audit,
        IOptions<IdentityOptions> options,
        TimeProvider time) =>
        (_database, _passwords, _sessions, _mail, _tokens, _changes, _audit, _options, _time) =
        (database, passwords, sessions, mail, tokens, changes, audit, options.Value, time);

    /// <summary>Makes an account with the role <c>user</c>.</summary>
    /// <param name="email">Its address.</param>
    /// <param name="password">Checked by <see cref="PasswordRules"/>.</param>
    /// <param name="name">A name for people, at most 200 characters.</param>
    /// <param name="client">Who asks.</param>
    /// <param name="inTransaction">What else is to be written in the same transaction, whatever came of it; null for nothing.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<RegistrationResult> RegisterAsync(
        EmailAddress email,
        string password,
        string? name,
        SessionClient client,
        Func<UnitOfWork, RegistrationResult, CancellationToken, Task>? inTransaction = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(email);
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(client);

        // Hashed whether or not there is an account: both take as long.
        var hashed = await _passwords.HashAsync(password, cancellationToken).ConfigureAwait(false);
        if (hashed.Status == PasswordStatus.Busy)
        {
            return new RegistrationResult(RegistrationStatus.Busy);
        }

        var row = Accounts.NewRow(email, name, hashed.NewHash, [Role.User], _time.GetUtcNow());
        return await _database.WriteAsync(
            async (unit, token) =>
            {
                var result = await (_options.RequireVerifiedEmail ? AnnounceAsync(unit, row, client, token) : RegisterAsync(unit, row, client, token)).ConfigureAwait(false);
                if (inTransaction is not null)
                {
                    await inTransaction(unit, result, token).ConfigureAwait(false);
                }

                return result;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the secret of a verification link.</summary>
    /// <param name="token">The secret.</param>
    /// <param name="origin">Who shows it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<AccountResult> VerifyEmailAsync(string token, AuditOrigin origin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(origin);
        try
        {
            return await _database.WriteAsync((unit, stop) => VerifyAsync(unit, token, origin, stop), cancellationToken).ConfigureAwait(false);
        }
        catch (UniqueViolationException exception) when (exception.Constraint == "users_email_key")
        {
            return new AccountResult(AccountStatus.EmailTaken);
        }
    }

    /// <summary>Sends an account a link that verifies its address.</summary>
    public Task SendVerificationAsync(string userId, CancellationToken cancellationToken = default) => _database.WriteAsync(
        async (unit, token) =>
        {
            if (await Accounts.FindAsync(unit, userId, token).ConfigureAwait(false) is { Disabled: false, EmailVerifiedAt: null } user)
            {
                await _mail.AddAsync(unit, MailKind.Verification, user.Id, user.Email, token).ConfigureAwait(false);
            }
        },
        cancellationToken);

    private async Task<RegistrationResult> RegisterAsync(UnitOfWork unit, AccountRow row, SessionClient client, CancellationToken cancellationToken)
    {
        if (await Accounts.InsertAsync(unit, row, cancellationToken).ConfigureAwait(false) is not { } user)
        {
            unit.OnCommitted(() => _audit.NoteRefusal(new AuditEntry(
                "auth.register", AuditOutcome.Refused, client.Origin, "email:" + row.EmailKey, new JsonObject { ["reason"] = "taken" })));
            return new RegistrationResult(RegistrationStatus.EmailTaken);
        }

        await _mail.AddAsync(unit, MailKind.Verification, user.Id, user.Email, cancellationToken).ConfigureAwait(false);
        await _audit.WriteAsync(unit, new AuditEntry("auth.register", AuditOutcome.Success, client.Origin.As(user.Id), "user:" + user.Id), cancellationToken).ConfigureAwait(false);
        await unit.ExecuteAsync("UPDATE users SET last_login_at = @now WHERE id = @id", new { id = user.Id, now = user.CreatedAt }, cancellationToken).ConfigureAwait(false);
        var tokens = await _sessions.StartAsync(unit, user, client, cancellationToken).ConfigureAwait(false);
        return new RegistrationResult(RegistrationStatus.Registered, tokens, (user with { LastLoginAt = user.CreatedAt }).ToAccount());
    }

    /// <summary>Registers without telling whether there was an account: who has the address reads it in a mail.</summary>
    private async Task<RegistrationResult> AnnounceAsync(UnitOfWork unit, AccountRow row, SessionClient client, CancellationToken cancellationToken)
    {
        JsonObject? details = null;
        if (await Accounts.InsertAsync(unit, row, cancellationToken).ConfigureAwait(false) is { } user)
        {
            await _mail.AddAsync(unit, MailKind.Verification, user.Id, user.Email, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            user = await ExistingAsync(unit, row, cancellationToken).ConfigureAwait(false);
            details = new JsonObject { ["reason"] = "taken" };
        }

        await _audit.WriteAsync(unit, new AuditEntry("auth.register", AuditOutcome.Success, client.Origin, "user:" + user.Id, details), cancellationToken).ConfigureAwait(false);
        return new RegistrationResult(RegistrationStatus.MailSent);
    }

    private async Task<AccountRow> ExistingAsync(UnitOfWork unit, AccountRow row, CancellationToken cancellationToken)
    {
        var user = (await unit.QuerySingleOrDefaultAsync<AccountRow>(
            $"SELECT {AccountRow.Columns} FROM users WHERE email_key = @key", new { key = row.EmailKey }, cancellationToken).ConfigureAwait(false))!;
        if (!IsUnclaimed(user))
        {
            await _mail.AddAsync(unit, MailKind.AlreadyRegistered, user.Id, user.Email, cancellationToken).ConfigureAwait(false);
        }
        else if (await _mail.AddAsync(unit, MailKind.Verification, user.Id, user.Email, cancellationToken).ConfigureAwait(false))
        {
            // Nobody has shown yet that the address is theirs, so the last who registers counts: an address can't be taken by being first.
            // Links of the earlier one are void by the security version.
            await unit.ExecuteAsync(
                "UPDATE users SET password_hash = @PasswordHash, name = @Name, updated_at = @CreatedAt, security_version = security_version + 1, version = version + 1 WHERE email_key = @EmailKey",
                row, cancellationToken).ConfigureAwait(false);
        }

        return user;
    }

    private static bool IsUnclaimed(AccountRow user) => user is { EmailVerifiedAt: null, LastLoginAt: null, Disabled: false, PasswordHash: not null } && user.Roles == WordList.Write([Role.User]);

    private async Task<AccountResult> VerifyAsync(UnitOfWork unit, string token, AuditOrigin origin, CancellationToken cancellationToken)
    {
        if (await _tokens.TakeAsync(unit, token, MailKind.Verification, cancellationToken).ConfigureAwait(false) is not { } row
            || await Accounts.FindAsync(unit, row.UserId, cancellationToken).ConfigureAwait(false) is not { Disabled: false } before
            || before.SecurityVersion != row.SecurityVersion
            || !EmailAddress.TryParse(row.Email, null, out var email))
        {
            return new AccountResult(AccountStatus.LinkIsOver);
        }

        // The link may be of an address that is to replace the account's.
        var user = await unit.QuerySingleOrDefaultAsync<AccountRow>(
            $"UPDATE users SET email = @email, email_key = @key, email_verified_at = @now, updated_at = @now, version = version + 1 WHERE id = @id RETURNING {AccountRow.Columns}",
            new { id = before.Id, email = email.Value, key = email.Key, now = _time.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);
        if (before.EmailVerifiedAt is null)
        {
            await _mail.AddAsync(unit, MailKind.Welcome, before.Id, email.Value, cancellationToken).ConfigureAwait(false);
        }

        await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.User, before.Id), cancellationToken).ConfigureAwait(false);
        await _audit.WriteAsync(
            unit, new AuditEntry("auth.verify_email", AuditOutcome.Success, origin, "user:" + before.Id, new JsonObject { ["email"] = email.Value }), cancellationToken).ConfigureAwait(false);
        return new AccountResult(AccountStatus.Done, user!.ToAccount());
    }
}
