namespace Causeway.Identity;

/// <summary>One mail, ready to go.</summary>
/// <param name="Id">The same for each try.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="To">The recipient's address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">Plain text. It may hold a link that is a secret.</param>
public sealed record Mail(string Id, MailKind Kind, EmailAddress To, string Subject, string Text)
{
    /// <summary>Names it without its text, so that a log can't leak the link.</summary>
    public override string ToString() => $"mail {Id} ({Kind})";
}

/// <summary>Sends mail.</summary>
public interface IMailSender
{
    /// <summary>Hands a mail on; returns when somebody else has taken responsibility for it.</summary>
    /// <param name="mail">The mail.</param>
    /// <param name="cancellationToken">Gives up; the mail may still go.</param>
    /// <exception cref="MailException">It could not be handed on; it may be tried again.</exception>
    Task SendAsync(Mail mail, CancellationToken cancellationToken);
}

/// <summary>A mail could not be handed on.</summary>
/// <param name="message">Why, without the mail's text.</param>
/// <param name="inner">What the transport said.</param>
public sealed class MailException(string message, Exception? inner = null) : Exception(message, inner);
