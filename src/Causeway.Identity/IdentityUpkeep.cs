using Causeway.Data;
using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>What has to be done from time to time.</summary>
public sealed class IdentityUpkeep
{
    private readonly Database _database;
    private readonly AccessFeed _feed;
    private readonly LastUses _uses;
    private readonly AuditLog _audit;
    private readonly Sessions _sessions;
    private readonly MailDesk _mail;
    private readonly MailTokens _tokens;
    private readonly SigningKeys _keys;
    private readonly IdentityOptions _options;

    internal IdentityUpkeep(
        Database database, AccessFeed feed, LastUses uses, AuditLog audit, Sessions sessions, MailDesk mail, MailTokens tokens, SigningKeys keys, IOptions<IdentityOptions> options) =>
        (_database, _feed, _uses, _audit, _sessions, _mail, _tokens, _keys, _options) = (database, feed, uses, audit, sessions, mail, tokens, keys, options.Value);

    /// <summary>Writes what is noted in memory: refusals for the audit log, and when credentials were used last. Call it every second.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken = default)
    {
        await _audit.FlushAsync(cancellationToken).ConfigureAwait(false);
        await _uses.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same for all that is noted, also what would have waited for more of its kind. Call it before the end.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken = default)
    {
        await _audit.FinishAsync(cancellationToken).ConfigureAwait(false);
        await _uses.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes up signing keys that were rotated elsewhere, before anybody shows a token of theirs. Call it every hour, on each node.</summary>
    public async Task LoadKeysAsync(CancellationToken cancellationToken = default) => await _keys.LoadAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Deletes what is over: sessions, links, changes that every node has heard of, audit entries beyond their retention. Call it every hour; of nodes that share a database one will do.
    /// </summary>
    public async Task CleanUpAsync(CancellationToken cancellationToken = default)
    {
        await _feed.ForgetAsync(cancellationToken).ConfigureAwait(false);
        await _sessions.ForgetAsync(cancellationToken).ConfigureAwait(false);
        await _mail.ForgetAsync(_database, cancellationToken).ConfigureAwait(false);
        await _tokens.ForgetAsync(_database, cancellationToken).ConfigureAwait(false);
        await _audit.ForgetAsync(_options.AuditRetention, cancellationToken).ConfigureAwait(false);
    }
}
