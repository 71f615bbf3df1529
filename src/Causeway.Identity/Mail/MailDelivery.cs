using Causeway.Data;
using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>Sends the mail that was asked for.</summary>
public sealed class MailDelivery
{
    private readonly Database _database;
    private readonly IMailSender _sender;
    private readonly MailTokens _tokens;
    private readonly MailOptions _mail;
    private readonly IdentityOptions _options;
    private readonly IdentityMetrics _metrics;
    private readonly TimeProvider _time;

    internal MailDelivery(
        Database database, IMailSender sender, MailTokens tokens, IOptions<MailOptions> mail, IOptions<IdentityOptions> options, IdentityMetrics metrics, TimeProvider time) =>
        (_database, _sender, _tokens, _mail, _options, _metrics, _time) = (database, sender, tokens, mail.Value, options.Value, metrics, time);

    /// <summary>Writes a mail and hands it on: one try. With a server that takes mail it takes <see cref="SmtpOptions.TimeoutSeconds"/> at most.</summary>
    /// <param name="id">The same for each try: it becomes the <c>Message-ID</c>, by which mail programs know a mail that came twice.</param>
    /// <param name="request">What for, and to whom.</param>
    /// <param name="cancellationToken">Gives up; the mail may still go.</param>
    /// <returns>False when there is no reason for it any more: the account is gone or disabled.</returns>
    /// <exception cref="MailException">It could not be handed on; it may be tried again.</exception>
    public async Task<bool> SendAsync(string id, MailRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (await _database.WriteAsync((unit, token) => WriteAsync(unit, id, request, token), cancellationToken).ConfigureAwait(false) is not { } mail)
        {
            return false;
        }

        try
        {
            await _sender.SendAsync(mail, cancellationToken).ConfigureAwait(false);
        }
        catch (MailException)
        {
            _metrics.CountMail("failed");
            throw;
        }

        _metrics.CountMail("sent");
        return true;
    }

    private async Task<Mail?> WriteAsync(UnitOfWork unit, string id, MailRequest request, CancellationToken cancellationToken)
    {
        if (await Accounts.FindAsync(unit, request.UserId, cancellationToken).ConfigureAwait(false) is not { Disabled: false } user || !EmailAddress.TryParse(request.Email, null, out var to))
        {
            return null;
        }

        var expiresAt = _time.GetUtcNow() + (request.Kind == MailKind.Reset ? _options.ResetLifetime : _options.VerificationLifetime);
        var secret = MailWriter.HasLink(request.Kind)
            ? await _tokens.CreateAsync(unit, request.Kind, user.Id, request.Email, user.SecurityVersion, expiresAt, cancellationToken).ConfigureAwait(false)
            : null;
        return MailWriter.Write(id, request.Kind, to, secret, expiresAt, _mail);
    }
}
