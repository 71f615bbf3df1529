using Causeway.Data;

namespace Causeway.Identity;

/// <summary>Where accounts ask for mail.</summary>
internal sealed class MailDesk(IMailOutbox outbox, TimeProvider time)
{
    private static readonly TimeSpan LeastBetweenSame = TimeSpan.FromMinutes(1);

    /// <summary>Asks for a mail. The same one to the same person goes once a minute at most, whatever asks for it: nobody's mailbox is flooded.</summary>
    /// <returns>Whether it will be sent.</returns>
    public async Task<bool> AddAsync(UnitOfWork unit, MailKind kind, string userId, string email, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var isAsked = await unit.ExecuteAsync(
            """
            INSERT INTO mail_requests (user_id, kind, email, asked_at) VALUES (@userId, @kind, @email, @now)
            ON CONFLICT (user_id, kind, email) DO UPDATE SET asked_at = @now WHERE mail_requests.asked_at <= @recently
            """,
            new { userId, kind = (long)kind, email, now = now.ToUnixTimeMilliseconds(), recently = (now - LeastBetweenSame).ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);
        return isAsked > 0 && await outbox.AddAsync(unit, new MailRequest(kind, userId, email), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forgets who was asked for mail so long ago that it may be sent again.</summary>
    public Task<int> ForgetAsync(Database database, CancellationToken cancellationToken) => database.ExecuteAsync(
        "DELETE FROM mail_requests WHERE asked_at <= @recently", new { recently = (time.GetUtcNow() - LeastBetweenSame).ToUnixTimeMilliseconds() }, cancellationToken);
}
