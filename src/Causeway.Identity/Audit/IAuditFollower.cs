using Causeway.Data;

namespace Causeway.Identity;

/// <summary>Hears of acts in the transaction that does them, so that what it writes is kept with them or not at all: for whoever tells others of changes.</summary>
/// <remarks>Optional: <c>AddIdentity</c> takes the one that is registered.</remarks>
public interface IAuditFollower
{
    /// <summary>An act was written down.</summary>
    /// <param name="unit">Its transaction; what is changed is changed in it already.</param>
    /// <param name="entry">The act; also one that was refused.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>When what the follower had to write is written. An exception undoes the act.</returns>
    Task FollowAsync(UnitOfWork unit, AuditEntry entry, CancellationToken cancellationToken);
}
