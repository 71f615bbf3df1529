using System.Text.Json.Nodes;
using Causeway.Data;
using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>What became of a log-in.</summary>
public enum LogInStatus
{
    /// <summary>There are tokens.</summary>
    LoggedIn = 1,

    /// <summary>No such account, wrong password, or disabled: it is not told which.</summary>
    Refused,

    /// <summary>The password is right, but the address has yet to be verified.</summary>
    NotVerified,

    /// <summary>Too many wrong passwords: come back after <see cref="LogInResult.RetryAfter"/>.</summary>
    SlowedDown,

    /// <summary>Too many passwords are being checked: come back in a second.</summary>
    Busy,
}

/// <summary>The result of a log-in.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Tokens">The session's tokens.</param>
/// <param name="Account">Whose they are.</param>
/// <param name="RetryAfter">When to try again.</param>
public readonly record struct LogInResult(LogInStatus Status, SessionTokens? Tokens = null, Account? Account = null, TimeSpan? RetryAfter = null);

/// <summary>Logs accounts in by address and password.</summary>
public sealed class LogIn
{
    private readonly Database _database;
    private readonly PasswordHashing _passwords;
    private readonly Sessions _sessions;
    private readonly LogInThrottle _throttle;
    private readonly MailDesk _mail;
    private readonly AuditLog _audit;
    private readonly IdentityMetrics _metrics;
    private readonly IdentityOptions _options;
    private readonly TimeProvider _time;

    internal LogIn(
        Database database,
        PasswordHashing passwords,
        Sessions sessions,
        LogInThrottle throttle,
        MailDesk mail,
        AuditLog audit,
        IdentityMetrics metrics,
        IOptions<IdentityOptions> options,
        TimeProvider time) =>
        (_database, _passwords, _sessions, _throttle, _mail, _audit, _metrics, _options, _time) =
        (database, passwords, sessions, throttle, mail, audit, metrics, options.Value, time);

    /// <summary>Starts a session for whoever knows the password.</summary>
    /// <param name="email">The account's address.</param>
    /// <param name="password">As it was given.</param>
    /// <param name="client">Who asks.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<LogInResult> TryAsync(EmailAddress email, string password, SessionClient client, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(email);
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(client);
        var result = await CheckAsync(email, password, client, cancellationToken).ConfigureAwait(false);
        _metrics.CountLogIn(result.Status.ToString().ToLowerInvariant());
        return result;
    }

    private async Task<LogInResult> CheckAsync(EmailAddress email, string password, SessionClient client, CancellationToken cancellationToken)
    {
        var network = LogInThrottle.NetworkOf(client.Origin.Address);
        if (await PauseAsync(email, network, client, cancellationToken).ConfigureAwait(false) is { } pause)
        {
            Note(email, client, "slowed_down");
            return new LogInResult(LogInStatus.SlowedDown, RetryAfter: pause);
        }

        var user = await _database.QuerySingleOrDefaultAsync<AccountRow>(
            $"SELECT {AccountRow.Columns} FROM users WHERE email_key = @key", new { key = email.Key }, cancellationToken).ConfigureAwait(false);
        var check = await _passwords.VerifyAsync(user?.PasswordHash, password, cancellationToken).ConfigureAwait(false);
        switch (check.Status)
        {
            case PasswordStatus.Busy:
                return new LogInResult(LogInStatus.Busy, RetryAfter: TimeSpan.FromSeconds(1));
            case PasswordStatus.Wrong:
                _throttle.Failed(email.Key, network);
                Note(email, client, user is null ? "unknown" : "wrong_password");
                return new LogInResult(LogInStatus.Refused);
        }

        if (user!.Disabled)
        {
            Note(email, client, "disabled");
            return new LogInResult(LogInStatus.Refused);
        }

        _throttle.Succeeded(email.Key, network);
        if (_options.RequireVerifiedEmail && user.EmailVerifiedAt is null)
        {
            Note(email, client, "not_verified");
            await _database.WriteAsync((unit, token) => _mail.AddAsync(unit, MailKind.Verification, user.Id, user.Email, token), cancellationToken).ConfigureAwait(false);
            return new LogInResult(LogInStatus.NotVerified);
        }

        return await _database.WriteAsync((unit, token) => StartAsync(unit, user, check.NewHash, client, token), cancellationToken).ConfigureAwait(false);
    }

    private async Task<LogInResult> StartAsync(UnitOfWork unit, AccountRow checkedUser, string? newHash, SessionClient client, CancellationToken cancellationToken)
    {
        // The password was checked outside the transaction: it must still be the same one now.
        var user = await unit.QuerySingleOrDefaultAsync<AccountRow>(
            $"""
            UPDATE users SET last_login_at = @now, password_hash = COALESCE(@newHash, password_hash)
            WHERE id = @id AND password_hash = @hash AND NOT disabled
            RETURNING {AccountRow.Columns}
            """,
            new { id = checkedUser.Id, hash = checkedUser.PasswordHash, newHash, now = _time.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);
        if (user is null)
        {
            return new LogInResult(LogInStatus.Refused);
        }

        var tokens = await _sessions.StartAsync(unit, user, client, cancellationToken).ConfigureAwait(false);
        await _audit.WriteAsync(
            unit,
            new AuditEntry("auth.login", AuditOutcome.Success, client.Origin.As(user.Id), "session:" + tokens.SessionId, new JsonObject { ["device"] = client.Device }),
            cancellationToken).ConfigureAwait(false);
        return new LogInResult(LogInStatus.LoggedIn, tokens, user.ToAccount());
    }

    private async ValueTask<TimeSpan?> PauseAsync(EmailAddress email, string network, SessionClient client, CancellationToken cancellationToken)
    {
        var pause = _throttle.PauseOf(email.Key, network);
        if (pause == TimeSpan.Zero)
        {
            pause = _throttle.PauseOfStrangers(email.Key);
            if (pause > TimeSpan.Zero && client.Origin.Address is { } address && await _sessions.HasOneFromAsync(email.Key, address, cancellationToken).ConfigureAwait(false))
            {
                pause = TimeSpan.Zero;
            }
        }

        return pause > TimeSpan.Zero ? pause : null;
    }

    private void Note(EmailAddress email, SessionClient client, string reason) => _audit.NoteRefusal(new AuditEntry(
        "auth.login", AuditOutcome.Refused, client.Origin, "email:" + email.Key, new JsonObject { ["reason"] = reason }));
}
