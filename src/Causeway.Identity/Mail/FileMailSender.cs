using System.Globalization;
using System.Net.Mail;

namespace Causeway.Identity;

/// <summary>Writes each mail to a file (0600) that a mail program can open.</summary>
internal sealed class FileMailSender(string from, string directory, TimeProvider time) : IMailSender
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public async Task SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        try
        {
            Create(directory);
            await WriteAsync(mail, Path.Combine(directory, $".{mail.Id}"), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or SmtpException)
        {
            throw new MailException($"It could not be written to {directory}.", exception);
        }
    }

    private async Task WriteAsync(Mail mail, string draft, CancellationToken cancellationToken)
    {
        // The client chooses names of its own and asks the process's mask for the mode, so it writes where nobody else comes.
        Create(draft);
        try
        {
            using (var message = MailTransport.MessageOf(mail, from))
            using (var client = new SmtpClient { DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory, PickupDirectoryLocation = Path.GetFullPath(draft) })
            {
                await client.SendMailAsync(message, cancellationToken).ConfigureAwait(false);
            }

            var file = Directory.GetFiles(draft).Single();
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, Owner);
            }

            var name = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():yyyyMMdd-HHmmss}-{mail.Kind.ToString().ToLowerInvariant()}-{mail.Id}.eml");
            File.Move(file, Path.Combine(directory, name), overwrite: true);
        }
        finally
        {
            Directory.Delete(draft, recursive: true);
        }
    }

    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, Owner | UnixFileMode.UserExecute);
        }
    }
}
