using Causeway.Data;
using Causeway.Realtime;
using Causeway.Realtime.Sql;

namespace Causeway.Server;

/// <summary>Rooms as a part of the service: stored, looked up when somebody comes, and followed on every node.</summary>
internal static class ServerRooms
{
    public const string BackplaneName = "backplane";

    public static IServiceCollection AddServerRooms(this IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton<RoomDirectory>();
        services.AddSingleton<IRoomDirectory>(static provider => provider.GetRequiredService<RoomDirectory>());
        services.AddSingleton<RoomChanges>();
        services.AddSingleton<RoomStore>();
        services.AddSingleton<RoomDesk>();
        services.AddSingleton<RoomListing>();
        services.AddSingleton<RoomAudit>();
        services.AddDurableRooms();
        if (settings.SharesRooms)
        {
            if (settings.Broker is { } broker)
            {
                services.AddPostgresClusterStore();
                services.AddRabbitMqBackplane(broker.Apply);
            }
            else
            {
                services.AddPostgresBackplane();
            }

            services.AddDependency(
                BackplaneName,
                static (provider, _) => provider.GetRequiredService<Realtime.Rooms>().IsInTouch
                    ? ValueTask.CompletedTask
                    : throw new InvalidOperationException("The other nodes are not heard."),
                static dependency => dependency.RetryMax = TimeSpan.FromSeconds(2));
        }

        // From before anybody can be in a room: of what changes later each change is read, with what those in the room are to be told.
        services.AddLifespanStep("room changes", ServerDatabase.FirstOfAll + 1, TimeSpan.FromMinutes(1), static async (provider, cancellationToken) =>
        {
            try
            {
                await provider.GetRequiredService<RoomChanges>().PollAsync(cancellationToken);
            }
            catch (DatabaseUnavailableException)
            {
                // The service starts without its database; the loop below reads as soon as there is one, and nobody is in a stored room before.
            }
        });
        services.AddLoop(
            "room outbox",
            TimeSpan.FromSeconds(1),
            static (context, cancellationToken) => context.Services.GetRequiredService<RoomOutbox>().SendAsync(cancellationToken),
            static loop =>
            {
                loop.Deadline = TimeSpan.FromMinutes(1);
                loop.RetryMax = TimeSpan.FromSeconds(5);
            });

        // Of each node: which logs have grown, and which rooms are open, its memory knows; what they delete together they may delete at the same time.
        services.AddLoop("room logs", TimeSpan.FromSeconds(10), static (context, cancellationToken) =>
            context.Services.GetRequiredService<RoomLogUpkeep>().TrimAsync(cancellationToken));
        services.AddLoop("room logs clean-up", TimeSpan.FromHours(1), static (context, cancellationToken) =>
            context.Services.GetRequiredService<RoomLogUpkeep>().ForgetAsync(cancellationToken));
        services.AddLoop("room changes", TimeSpan.FromMilliseconds(500), static (context, cancellationToken) =>
            context.Services.GetRequiredService<RoomChanges>().PollAsync(cancellationToken),
            static loop =>
            {
                loop.Deadline = TimeSpan.FromSeconds(10);
                loop.RetryMin = TimeSpan.FromMilliseconds(500);
                loop.RetryMax = TimeSpan.FromSeconds(2);
            });
        return services.AddUpkeep<RoomChangesRetention>();
    }
}
