using System.Text.Json.Nodes;
using Causeway.Data;

namespace Causeway.Identity;

/// <summary>What people do with their own account: another password or address, and a way back in when the password is forgotten.</summary>
public sealed class OwnAccount
{
    private readonly Database _database;
    private readonly PasswordHashing _passwords;
    private readonly Sessions _sessions;
    private readonly LogInThrottle _throttle;
    private readonly MailDesk _mail;
    private readonly MailTokens _tokens;
    private readonly AccessChangeLog _changes;
    private readonly AuditLog _audit;
    private readonly TimeProvider _time;

    internal OwnAccount(
        Database database,
        PasswordHashing passwords,
        Sessions sessions,
        LogInThrottle throttle,
        MailDesk mail,
        MailTokens tokens,
        AccessChangeLog changes,
        AuditLog audit,
        TimeProvider time) =>
        (_database, _passwords, _sessions, _throttle, _mail, _tokens, _changes, _audit, _time) =
        (database, passwords, sessions, throttle, mail, tokens, changes, audit, time);

    /// <summary>Another password. All other sessions end.</summary>
    /// <param name="userId">Whose.</param>
    /// <param name="current">The password as it is.</param>
    /// <param name="password">The new one, checked by <see cref="PasswordRules"/>.</param>
    /// <param name="sessionId">The session that stays; null for none.</param>
    /// <param name="origin">Who asks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<AccountResult> ChangePasswordAsync(
        string userId, string current, string password, string? sessionId, AuditOrigin origin, CancellationToken cancellationToken = default)
    {
        var (proof, user) = await ProveAsync(userId, current, origin, "auth.password", cancellationToken).ConfigureAwait(false);
        if (proof.Status != AccountStatus.Done)
        {
            return proof;
        }

        var hashed = await _passwords.HashAsync(password, cancellationToken).ConfigureAwait(false);
        return hashed.Status == PasswordStatus.Busy
            ? new AccountResult(AccountStatus.Busy, RetryAfter: TimeSpan.FromSeconds(1))
            : await _database.WriteAsync(
                async (unit, token) =>
                {
                    var after = await unit.QuerySingleOrDefaultAsync<AccountRow>(
                        $"UPDATE users SET password_hash = @hash, updated_at = @now, version = version + 1 WHERE id = @id AND password_hash = @before RETURNING {AccountRow.Columns}",
                        new { id = userId, hash = hashed.NewHash, before = user!.PasswordHash, now = Now() }, token).ConfigureAwait(false);
                    if (after is null)
                    {
                        return new AccountResult(AccountStatus.WrongPassword);
                    }

                    await AfterPasswordAsync(unit, after, sessionId, "auth.password", origin, token).ConfigureAwait(false);
                    return new AccountResult(AccountStatus.Done, after.ToAccount());
                },
                cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a link to another address; once it is followed, that is the account's.</summary>
    /// <param name="userId">Whose.</param>
    /// <param name="current">The password.</param>
    /// <param name="email">The other address. Whether it has an account is told only to whoever has it.</param>
    /// <param name="origin">Who asks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<AccountResult> ChangeEmailAsync(string userId, string current, EmailAddress email, AuditOrigin origin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(email);
        var (proof, user) = await ProveAsync(userId, current, origin, "auth.email", cancellationToken).ConfigureAwait(false);
        if (proof.Status != AccountStatus.Done)
        {
            return proof;
        }

        await _database.WriteAsync(
            async (unit, token) =>
            {
                await _mail.AddAsync(unit, MailKind.Verification, userId, email.Value, token).ConfigureAwait(false);
                await _audit.WriteAsync(
                    unit, new AuditEntry("auth.email", AuditOutcome.Success, origin, "user:" + userId, new JsonObject { ["email"] = email.Value }), token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return new AccountResult(AccountStatus.Done, user!.ToAccount());
    }

    /// <summary>Sends a link that lets choose a new password, where the address has an account. It is not told whether; both cost the same.</summary>
    public Task ForgotPasswordAsync(EmailAddress email, AuditOrigin origin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(email);
        ArgumentNullException.ThrowIfNull(origin);
        return _database.WriteAsync(
            async (unit, token) =>
            {
                var user = await unit.QuerySingleOrDefaultAsync<AccountRow>(
                    $"SELECT {AccountRow.Columns} FROM users WHERE email_key = @key AND NOT disabled", new { key = email.Key }, token).ConfigureAwait(false);
                if (user is not null)
                {
                    await _mail.AddAsync(unit, MailKind.Reset, user.Id, user.Email, token).ConfigureAwait(false);
                }

                await _audit.WriteAsync(
                    unit, new AuditEntry("auth.forgot_password", user is null ? AuditOutcome.Refused : AuditOutcome.Success, origin, "email:" + email.Key), token).ConfigureAwait(false);
            },
            cancellationToken);
    }

    /// <summary>The address of the account whose new password a link lets choose; null where the link is over.</summary>
    public async Task<EmailAddress?> FindResetAsync(string token, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(token);
        var row = await _tokens.FindAsync(_database, token, MailKind.Reset, cancellationToken).ConfigureAwait(false);
        return row is not null && EmailAddress.TryParse(row.Email, null, out var email) ? email : null;
    }

    /// <summary>Takes the secret of a link and a new password. All sessions end; the address counts as verified, since the link came by it.</summary>
    /// <param name="token">The secret, for one use.</param>
    /// <param name="password">The new password, checked by <see cref="PasswordRules"/>.</param>
    /// <param name="origin">Who asks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<AccountResult> ResetPasswordAsync(string token, string password, AuditOrigin origin, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(origin);
        if (await FindResetAsync(token, cancellationToken).ConfigureAwait(false) is null)
        {
            _audit.NoteRefusal(new AuditEntry("auth.reset_password", AuditOutcome.Refused, origin));
            return new AccountResult(AccountStatus.LinkIsOver);
        }

        var hashed = await _passwords.HashAsync(password, cancellationToken).ConfigureAwait(false);
        return hashed.Status == PasswordStatus.Busy
            ? new AccountResult(AccountStatus.Busy, RetryAfter: TimeSpan.FromSeconds(1))
            : await _database.WriteAsync((unit, stop) => ResetAsync(unit, token, hashed.NewHash!, origin, stop), cancellationToken).ConfigureAwait(false);
    }

    private async Task<AccountResult> ResetAsync(UnitOfWork unit, string token, string hash, AuditOrigin origin, CancellationToken cancellationToken)
    {
        if (await _tokens.TakeAsync(unit, token, MailKind.Reset, cancellationToken).ConfigureAwait(false) is not { } row)
        {
            return new AccountResult(AccountStatus.LinkIsOver);
        }

        var after = await unit.QuerySingleOrDefaultAsync<AccountRow>(
            $"""
            UPDATE users SET password_hash = @hash, security_version = security_version + 1, updated_at = @now, version = version + 1,
                email_verified_at = CASE WHEN email = @email THEN COALESCE(email_verified_at, @now) ELSE email_verified_at END
            WHERE id = @id AND security_version = @version AND NOT disabled
            RETURNING {AccountRow.Columns}
            """,
            new { id = row.UserId, hash, email = row.Email, version = row.SecurityVersion, now = Now() }, cancellationToken).ConfigureAwait(false);
        if (after is null)
        {
            return new AccountResult(AccountStatus.LinkIsOver);
        }

        await AfterPasswordAsync(unit, after, keptSession: null, "auth.reset_password", origin.As(after.Id), cancellationToken).ConfigureAwait(false);
        return new AccountResult(AccountStatus.Done, after.ToAccount());
    }

    /// <summary>Whoever knew the old password, or had a link for a new one, is out.</summary>
    private async Task AfterPasswordAsync(UnitOfWork unit, AccountRow user, string? keptSession, string action, AuditOrigin origin, CancellationToken cancellationToken)
    {
        await _sessions.EndAllAsync(unit, user.Id, keptSession, "password", cancellationToken).ConfigureAwait(false);
        await MailTokens.DeleteAsync(unit, user.Id, MailKind.Reset, cancellationToken).ConfigureAwait(false);
        await _mail.AddAsync(unit, MailKind.PasswordChanged, user.Id, user.Email, cancellationToken).ConfigureAwait(false);
        await _changes.WriteAsync(unit, new AccessChange(AccessChangeKind.User, user.Id), cancellationToken).ConfigureAwait(false);
        await _audit.WriteAsync(unit, new AuditEntry(action, AuditOutcome.Success, origin, "user:" + user.Id), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether somebody who is logged in knows the password too: a session that was left open must not give the account away.</summary>
    private async Task<(AccountResult Result, AccountRow? User)> ProveAsync(
        string userId, string current, AuditOrigin origin, string action, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(origin);
        var user = await _database.QuerySingleOrDefaultAsync<AccountRow>($"SELECT {AccountRow.Columns} FROM users WHERE id = @userId", new { userId }, cancellationToken).ConfigureAwait(false);
        if (user is null)
        {
            return (new AccountResult(AccountStatus.NotFound), null);
        }

        var network = LogInThrottle.NetworkOf(origin.Address);
        if (_throttle.PauseOf(user.EmailKey, network) is var pause && pause > TimeSpan.Zero)
        {
            return (new AccountResult(AccountStatus.SlowedDown, RetryAfter: pause), null);
        }

        var check = await _passwords.VerifyAsync(user.PasswordHash, current, cancellationToken).ConfigureAwait(false);
        switch (check.Status)
        {
            case PasswordStatus.Busy:
                return (new AccountResult(AccountStatus.Busy, RetryAfter: TimeSpan.FromSeconds(1)), null);
            case PasswordStatus.Wrong:
                _throttle.Failed(user.EmailKey, network);
                _audit.NoteRefusal(new AuditEntry(action, AuditOutcome.Refused, origin, "user:" + userId, new JsonObject { ["reason"] = "wrong_password" }));
                return (new AccountResult(AccountStatus.WrongPassword), null);
            default:
                _throttle.Succeeded(user.EmailKey, network);
                return (new AccountResult(AccountStatus.Done), user);
        }
    }

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
