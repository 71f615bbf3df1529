using Causeway.Data;
using Causeway.Realtime;
using Causeway.Realtime.Sql;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds durable rooms to an application.</summary>
public static class DurableRoomsServiceCollectionExtensions
{
    /// <summary>
    /// Keeps the logs of rooms whose namespace is <see cref="NamespaceOptions.Durable"/> in the application's database. Needs <c>AddRealtime</c> and <c>AddDatabase</c>, and that somebody calls
    /// <see cref="RoomOutbox.SendAsync"/> every second, <see cref="RoomLogUpkeep.TrimAsync"/> every few seconds and <see cref="RoomLogUpkeep.ForgetAsync"/> every hour.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddDurableRooms(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddDurableRoomsMigrations();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new SqlRoomLogs(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<TimeProvider>(), provider.GetService<IRoomLogFollower>()));
        services.TryAddSingleton<IRoomLogStore>(static provider => provider.GetRequiredService<SqlRoomLogs>());
        services.TryAddSingleton(static provider => new RoomLogUpkeep(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<SqlRoomLogs>(), provider.GetRequiredService<Rooms>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(static provider => new RoomOutbox(
            provider.GetRequiredService<Database>(), provider.GetRequiredService<Rooms>(), provider.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Realtime.Sql")));
        return services;
    }

    /// <summary>The migrations alone, for a command line that changes the schema.</summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddDurableRoomsMigrations(this IServiceCollection services) =>
        services.AddMigrations("realtime", typeof(SqlRoomLogs).Assembly);
}
