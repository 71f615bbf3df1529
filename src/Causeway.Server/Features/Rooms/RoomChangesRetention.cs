namespace Causeway.Server;

/// <summary>Deletes changes of rooms that every node has read long ago.</summary>
internal sealed class RoomChangesRetention(RoomChanges changes) : IUpkeep
{
    public static string Kind => "retention.room_changes";

    public static string Cron => "5/10 * * * *";

    public Task RunAsync(CancellationToken cancellationToken) => changes.ForgetAsync(cancellationToken);
}
