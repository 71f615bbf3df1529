using System.Net.Mail;
using System.Net.Mime;
using System.Text;

namespace Causeway.Identity;

/// <summary>What both senders have in common.</summary>
internal static class MailTransport
{
    public static MailMessage MessageOf(Mail mail, string from)
    {
        var message = new MailMessage(new MailAddress(from), new MailAddress(mail.To.Value))
        {
            Subject = mail.Subject,
            SubjectEncoding = Encoding.UTF8,
            Body = mail.Text,
            BodyEncoding = Encoding.UTF8,

            // Readable as it is, in a file too; nothing but an address that was configured has other letters.
            BodyTransferEncoding = Ascii.IsValid(mail.Text) ? TransferEncoding.SevenBit : TransferEncoding.QuotedPrintable,
        };

        // Out-of-office answers to mail that no person wrote help nobody (RFC 3834 §5).
        message.Headers["Auto-Submitted"] = "auto-generated";
        message.Headers["Message-ID"] = $"<{mail.Id}@{message.From!.Host}>";
        return message;
    }
}
