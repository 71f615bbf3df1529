using Causeway.Data;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>Mail that is to be sent: noted in the transaction that is the reason for it, sent by <see cref="DeliverAsync"/> until it was taken or is too old.</summary>
/// <remarks>Noted is only what for and to whom. The link in a mail, which is a secret, is made when it is sent and never stored.</remarks>
public sealed class MailOutbox
{
    // One transaction takes so many, and one says what became of them.
    private const int AtOnce = 20;

    // Of these at the same time.
    private const int Parallel = 5;

    private static readonly TimeSpan Oldest = TimeSpan.FromDays(3);
    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(30);
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

    // Longer than all tries of one round; a node that died with mail in hand loses it to another after this.
    private TimeSpan Lease => TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds((_mail.Smtp?.TimeoutSeconds ?? 0) * AtOnce / Parallel);

    /// <summary>Sends what is due, some at a time. What could not be sent is tried again later, after growing pauses; what was in hand when it was cancelled, at once.</summary>
    /// <remarks>Takes some seconds, and where the server that takes mail hangs, up to four times <see cref="SmtpOptions.TimeoutSeconds"/> more.</remarks>
    /// <returns>How many were taken.</returns>
    public async Task<int> DeliverAsync(CancellationToken cancellationToken = default)
    {
        var (all, begun) = (0, _time.GetTimestamp());
        while (true)
        {
            var due = await _database.QueryAsync<Row>(
                "SELECT id, kind, user_id, email, created_at, attempts FROM mail_outbox WHERE due_at <= @now ORDER BY due_at LIMIT @limit",
                new { now = Now(), limit = (long)AtOnce }, cancellationToken).ConfigureAwait(false);
            if (due.Count == 0)
            {
                return all;
            }

            var claimed = await _database.WriteAsync((unit, token) => ClaimAsync(unit, due, token), cancellationToken).ConfigureAwait(false);
            var tries = await TryAllAsync(claimed, cancellationToken).ConfigureAwait(false);

            // Whatever was sent must be known as sent, also when nobody waits any more.
            await _database.WriteAsync((unit, token) => SettleAsync(unit, tries, token), CancellationToken.None).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            var sent = tries.Count(static one => one.Outcome == Outcome.Sent);
            all += sent;

            // A server that takes nothing would take no more of the rest; and each would wait for its time-out.
            if (due.Count < AtOnce || claimed.Count > 0 && sent == 0 || _time.GetElapsedTime(begun) > LongestTurn)
            {
                return all;
            }
        }
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

    /// <summary>Takes mails for this node and makes their links; those are left out that another node has, or whose reason is gone.</summary>
    private async Task<List<(Row Row, Mail Mail)>> ClaimAsync(UnitOfWork unit, List<Row> due, CancellationToken cancellationToken)
    {
        var claimed = new List<(Row, Mail)>(due.Count);
        foreach (var row in due)
        {
            if (await ClaimAsync(unit, row, cancellationToken).ConfigureAwait(false) is { } mail)
            {
                claimed.Add((row, mail));
            }
        }

        return claimed;
    }

    private async Task<Mail?> ClaimAsync(UnitOfWork unit, Row row, CancellationToken cancellationToken)
    {
        var claimed = await unit.ExecuteAsync(
            "UPDATE mail_outbox SET attempts = attempts + 1, due_at = @until WHERE id = @Id AND attempts = @Attempts",
            new { row.Id, row.Attempts, until = (_time.GetUtcNow() + Lease).ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);
        if (claimed == 0)
        {
            return null;
        }

        var user = await unit.QuerySingleOrDefaultAsync<AccountRow>(
            $"SELECT {AccountRow.Columns} FROM users WHERE id = @id", new { id = row.UserId }, cancellationToken).ConfigureAwait(false);
        var kind = (MailKind)row.Kind;
        if (user is null || user.Disabled || !EmailAddress.TryParse(row.Email, null, out var to))
        {
            await DeleteAsync(unit, row.Id, cancellationToken).ConfigureAwait(false);
            return null;
        }

        var expiresAt = _time.GetUtcNow() + (kind == MailKind.Reset ? _options.ResetLifetime : _options.VerificationLifetime);
        var secret = MailWriter.HasLink(kind)
            ? await _tokens.CreateAsync(unit, kind, user.Id, row.Email, user.SecurityVersion, expiresAt, cancellationToken).ConfigureAwait(false)
            : null;
        return MailWriter.Write(row.Id, kind, to, secret, expiresAt, _mail);
    }

    private async Task<IReadOnlyList<Try>> TryAllAsync(List<(Row Row, Mail Mail)> mails, CancellationToken cancellationToken)
    {
        var tries = new Try[mails.Count];
        await System.Threading.Tasks.Parallel.ForAsync(0, mails.Count, new ParallelOptions { MaxDegreeOfParallelism = Parallel }, async (i, _) =>
        {
            var (row, mail) = mails[i];
            tries[i] = new Try(row, await TryAsync(mail, cancellationToken).ConfigureAwait(false));
        }).ConfigureAwait(false);
        return tries;
    }

    private async Task<(Outcome, Exception?)> TryAsync(Mail mail, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            await _sender.SendAsync(mail, cancellationToken).ConfigureAwait(false);
            return (Outcome.Sent, null);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return (Outcome.Cancelled, null);
        }
        catch (Exception exception)
        {
            // Of whatever kind: one mail must not hold up the others.
            return (Outcome.Refused, exception);
        }
    }

    /// <summary>Writes down what became of mails that were claimed.</summary>
    private async Task SettleAsync(UnitOfWork unit, IReadOnlyList<Try> tries, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        foreach (var (row, outcome, exception) in tries)
        {
            var (attempt, kind) = (row.Attempts + 1, (MailKind)row.Kind);
            switch (outcome)
            {
                case Outcome.Sent:
                    await DeleteAsync(unit, row.Id, cancellationToken).ConfigureAwait(false);
                    unit.OnCommitted(() => _metrics.CountMail("sent"));
                    break;
                case Outcome.Cancelled:
                    await PutOffAsync(unit, row, now, cancellationToken).ConfigureAwait(false);
                    break;
                case Outcome.Refused when now - UnixTime.From(row.CreatedAt) > Oldest:
                    await DeleteAsync(unit, row.Id, cancellationToken).ConfigureAwait(false);
                    unit.OnCommitted(() =>
                    {
                        _metrics.CountMail("given_up");
                        _logger.MailGivenUp(exception!, row.Id, kind, attempt);
                    });
                    break;
                default:
                    var dueAt = now + TimeSpan.FromSeconds(Math.Min(FirstPause.TotalSeconds * Math.Pow(2, Math.Min(row.Attempts, 20)), LongestPause.TotalSeconds));
                    await PutOffAsync(unit, row, dueAt, cancellationToken).ConfigureAwait(false);
                    unit.OnCommitted(() =>
                    {
                        _metrics.CountMail("delayed");
                        _logger.MailDelayed(exception!, row.Id, kind, attempt, dueAt);
                    });
                    break;
            }
        }
    }

    private static Task<int> PutOffAsync(UnitOfWork unit, Row row, DateTimeOffset dueAt, CancellationToken cancellationToken) => unit.ExecuteAsync(
        "UPDATE mail_outbox SET due_at = @dueAt WHERE id = @id", new { id = row.Id, dueAt = dueAt.ToUnixTimeMilliseconds() }, cancellationToken);

    private static Task<int> DeleteAsync(UnitOfWork unit, string id, CancellationToken cancellationToken) =>
        unit.ExecuteAsync("DELETE FROM mail_outbox WHERE id = @id", new { id }, cancellationToken);

    private long Now() => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private enum Outcome
    {
        Sent = 1,
        Refused,
        Cancelled,
    }

    private readonly record struct Try(Row Row, Outcome Outcome, Exception? Exception)
    {
        public Try(Row row, (Outcome Outcome, Exception? Exception) result)
            : this(row, result.Outcome, result.Exception)
        {
        }
    }

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
