using Causeway.Data;
using Causeway.Realtime;
using Causeway.Realtime.Sql;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

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

    /// <summary>
    /// Makes this process one of the nodes that share their rooms over a PostgreSQL database: what is published on one is heard on all, presence is that of all, and every room with history has its
    /// log in the database, durable or not. Needs <see cref="AddDurableRooms"/>, and that each node has the same database and the same namespaces.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddPostgresBackplane(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddPostgresClusterStore();
        services.TryAddSingleton<IBackplane>(static provider => new PostgresBackplane(
            Postgres(provider), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Realtime.Sql")));
        return services;
    }

    /// <summary>
    /// What nodes know of each other, in the PostgreSQL database that they share; for a backplane of another library, such as <c>AddRabbitMqBackplane</c>. With it, every room with history has its log in the
    /// database, durable or not. Needs <see cref="AddDurableRooms"/>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddPostgresClusterStore(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IClusterStore>(static provider => new SqlClusterStore(
            Postgres(provider), TimeSpan.FromSeconds(provider.GetRequiredService<IOptions<RealtimeOptions>>().Value.NodeLeaseSeconds), provider.GetService<ILostNodeFollower>()));
        return services;
    }

    /// <summary>The migrations alone, for a command line that changes the schema.</summary>
    /// <param name="services">The application's services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddDurableRoomsMigrations(this IServiceCollection services) =>
        services.AddMigrations("realtime", typeof(SqlRoomLogs).Assembly);

    private static Database Postgres(IServiceProvider provider) => provider.GetRequiredService<Database>() is { Provider: DatabaseProvider.Postgres } database
        ? database
        : throw new InvalidOperationException("A backplane needs PostgreSQL: several processes can't share an SQLite file.");
}
