using Causeway.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>Mail that is to be sent: noted in the transaction that is the reason for it, sent by <see cref="DeliverAsync"/> until it was taken or is too old.</summary>
/// <remarks>Noted is only what for and to whom. The link in a mail, which is a secret, is made when it is sent and never stored.</remarks>
public sealed class MailOutbox
{
    private const int AtOnce = 20;

    // Longer than any try; a node that died with a mail in hand loses it to another after this.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan Oldest = TimeSpan.FromDays(3);
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan LeastBetweenSame = TimeSpan.FromMinutes(1);

    private readonly Database _database;
    private readonly IMailSender _sender;
    private readonly MailTokens _tokens;
    private readonly MailOptions _mail;
    private readonly IdentityOptions _options;
    private readonly IdentityMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal MailOutbox(
        Database database,
        IMailSender sender,
        MailTokens tokens,
        IOptions<MailOptions> mail,
        IOptions<IdentityOptions> options,
        IdentityMetrics metrics,
        TimeProvider time,
        ILogger<MailOutbox> logger) =>
        (_database, _sender, _tokens, _mail, _options, _metrics, _time, _logger) = (database, sender, tokens, mail.Value, options.Value, metrics, time, logger);

    /// <summary>Sends what is due.</summary>
    /// <returns>How many were taken.</returns>
    public async Task<int> DeliverAsync(CancellationToken cancellationToken = default)
    {
        var due = await _database.QueryAsync<Row>(
            "SELECT id, kind, user_id, email, created_at, attempts FROM mail_outbox WHERE due_at <= @now ORDER BY due_at LIMIT @limit",
            new { now = Now(), limit = (long)AtOnce }, cancellationToken).ConfigureAwait(false);
        var sent = 0;
        foreach (var row in due)
        {
            if (await ClaimAsync(row, cancellationToken).ConfigureAwait(false) is { } mail && await SendAsync(row, mail, cancellationToken).ConfigureAwait(false))
            {
                sent++;
            }
        }

        return sent;
    }

    /// <summary>Notes a mail. The same one to the same person at most once a minute, whatever asks for it: nobody's mailbox is flooded.</summary>
    /// <returns>Whether it was noted.</returns>
    internal async Task<bool> AddAsync(UnitOfWork unit, MailKind kind, string userId, string email, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var recent = await unit.QuerySingleOrDefaultAsync<long>(
            """
            SELECT (SELECT COUNT(*) FROM mail_outbox WHERE user_id = @userId AND kind = @kind AND email = @email)
                 + (SELECT COUNT(*) FROM mail_tokens WHERE user_id = @userId AND kind = @kind AND email = @email AND created_at > @recently)
            """,
            new { userId, kind = (long)kind, email, recently = (now - LeastBetweenSame).ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);
        if (recent > 0)
        {
            return false;
        }

        await unit.ExecuteAsync(
            "INSERT INTO mail_outbox (id, kind, user_id, email, created_at, attempts, due_at) VALUES (@id, @kind, @userId, @email, @now, 0, @now)",
            new { id = Guid.CreateVersion7(now).ToString(), kind = (long)kind, userId, email, now = now.ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Takes a mail for this node and makes its link; null where another node has it, or its reason is gone.</summary>
    private Task<Mail?> ClaimAsync(Row row, CancellationToken cancellationToken) => _database.WriteAsync(
        async (unit, token) =>
        {
            var claimed = await unit.ExecuteAsync(
                "UPDATE mail_outbox SET attempts = attempts + 1, due_at = @until WHERE id = @Id AND attempts = @Attempts",
                new { row.Id, row.Attempts, until = (_time.GetUtcNow() + Lease).ToUnixTimeMilliseconds() }, token).ConfigureAwait(false);
            if (claimed == 0)
            {
                return null;
            }

            var user = await unit.QuerySingleOrDefaultAsync<AccountRow>($"SELECT {AccountRow.Columns} FROM users WHERE id = @id", new { id = row.UserId }, token).ConfigureAwait(false);
            var kind = (MailKind)row.Kind;
            if (user is null || user.Disabled || !EmailAddress.TryParse(row.Email, null, out var to))
            {
                await DeleteAsync(unit, row.Id, token).ConfigureAwait(false);
                return null;
            }

            var expiresAt = _time.GetUtcNow() + (kind == MailKind.Reset ? _options.ResetLifetime : _options.VerificationLifetime);
            var secret = MailWriter.HasLink(kind)
                ? await _tokens.CreateAsync(unit, kind, user.Id, row.Email, user.SecurityVersion, expiresAt, token).ConfigureAwait(false)
                : null;
            return MailWriter.Write(row.Id, kind, to, secret, expiresAt, _mail);
        },
        cancellationToken);

    private async Task<bool> SendAsync(Row row, Mail mail, CancellationToken cancellationToken)
    {
        try
        {
            await _sender.SendAsync(mail, cancellationToken).ConfigureAwait(false);
        }
        catch (MailException exception)
        {
            await PutOffAsync(row, exception, cancellationToken).ConfigureAwait(false);
            return false;
        }

        _metrics.CountMail("sent");
        await _database.WriteAsync((unit, token) => DeleteAsync(unit, row.Id, token), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task PutOffAsync(Row row, MailException exception, CancellationToken cancellationToken)
    {
        var (attempt, now, kind) = (row.Attempts + 1, _time.GetUtcNow(), (MailKind)row.Kind);
        if (now - UnixTime.From(row.CreatedAt) > Oldest)
        {
            _metrics.CountMail("given_up");
            _logger.MailGivenUp(exception, row.Id, kind, attempt);
            await _database.WriteAsync((unit, token) => DeleteAsync(unit, row.Id, token), cancellationToken).ConfigureAwait(false);
            return;
        }

        var pause = TimeSpan.FromSeconds(Math.Min(15 * Math.Pow(2, Math.Min(attempt, 20)), LongestPause.TotalSeconds));
        var dueAt = now + pause;
        _metrics.CountMail("delayed");
        _logger.MailDelayed(exception, row.Id, kind, attempt, dueAt);
        await _database.ExecuteAsync("UPDATE mail_outbox SET due_at = @dueAt WHERE id = @id", new { id = row.Id, dueAt = dueAt.ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);
    }

    private static Task<int> DeleteAsync(UnitOfWork unit, string id, CancellationToken cancellationToken) =>
        unit.ExecuteAsync("DELETE FROM mail_outbox WHERE id = @id", new { id }, cancellationToken);

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed record Row
    {
        public string Id { get; init; } = "";

        public long Kind { get; init; }

        public string UserId { get; init; } = "";

        public string Email { get; init; } = "";

        public long CreatedAt { get; init; }

        public long Attempts { get; init; }
    }
}
