using System.Net;
using System.Net.Mail;
using System.Security.Authentication;

namespace Causeway.Identity;

/// <summary>Hands mail to a server, by the platform's client.</summary>
internal sealed class SmtpMailSender(string from, SmtpOptions options) : IMailSender
{
    public async Task SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(options.TimeoutSeconds));
        using var message = MailTransport.MessageOf(mail, from);
        using var client = new SmtpClient(options.Host, options.Port) { EnableSsl = options.StartTls, UseDefaultCredentials = false };
        if (options.UserName is not null)
        {
            client.Credentials = new NetworkCredential(options.UserName, options.Password);
        }

        try
        {
            await client.SendMailAsync(message, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MailException($"{options.Host}:{options.Port} took longer than {options.TimeoutSeconds} s.", exception);
        }
        catch (Exception exception) when (exception is SmtpException or IOException or InvalidOperationException or AuthenticationException)
        {
            throw new MailException($"{options.Host}:{options.Port} did not take it.", exception);
        }
    }
}
