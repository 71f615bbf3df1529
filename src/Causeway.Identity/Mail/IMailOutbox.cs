using Causeway.Data;

namespace Causeway.Identity;

/// <summary>Keeps mail until it is sent. The application has one: where it has durable jobs, each request is a job that calls <see cref="MailDelivery.SendAsync"/>.</summary>
public interface IMailOutbox
{
    /// <summary>Takes a mail in the transaction that is the reason for it: it is sent when that is committed, and never when it is not.</summary>
    /// <param name="unit">The transaction.</param>
    /// <param name="request">What for, and to whom.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    /// <returns>False when the same one is waiting already.</returns>
    Task<bool> AddAsync(UnitOfWork unit, MailRequest request, CancellationToken cancellationToken);
}

/// <summary>A mail that is to be sent. The link in it, which is a secret, is no part of this: it is made when the mail is sent, and never stored.</summary>
/// <param name="Kind">What it is for.</param>
/// <param name="UserId">Whose account.</param>
/// <param name="Email">The address: the account's, or one that is to become it.</param>
public sealed record MailRequest(MailKind Kind, string UserId, string Email)
{
    /// <summary>Names it without the address.</summary>
    public override string ToString() => $"{Kind} mail to user {UserId}";
}
