using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Deletes what is over of accounts: sessions, links, changes of access, audit entries beyond their retention.</summary>
internal sealed class AccountRetention(IdentityUpkeep identity) : IUpkeep
{
    public static string Kind => "retention.accounts";

    public static string Cron => "7 * * * *";

    public Task RunAsync(CancellationToken cancellationToken) => identity.CleanUpAsync(cancellationToken);
}
