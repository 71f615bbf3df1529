using System.Data.Common;
using Causeway.Data;
using Causeway.Hosting;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>The database as a part of the service: configured, migrated before anything uses it, watched, and closed last.</summary>
internal static class ServerDatabase
{
    public const string DependencyName = "database";

    // Before every other step, and after it at the stop.
    public const int FirstOfAll = -1_000;

    /// <summary>The database with all migrations of the program, and the accounts in it; the command line needs no more.</summary>
    public static IServiceCollection AddServerData(this IServiceCollection services, ServerSettings settings)
    {
        services.AddDatabase(options => settings.Database.Apply(options, settings.DataDirectory));

        // Accounts first, with their migrations: the server's tables refer to theirs.
        services.AddServerAccounts(settings);
        services.AddJobs(settings.Jobs.Apply);
        services.AddServerMail(settings);
        services.AddDurableRoomsMigrations();
        return services.AddMigrations("server", typeof(ServerDatabase).Assembly);
    }

    /// <summary>The same within the running service.</summary>
    public static IServiceCollection AddServerDatabase(this IServiceCollection services, ServerSettings settings)
    {
        services.AddServerData(settings);
        services.AddApiError<DatabaseUnavailableException>(static exception => new ApiError(
            ErrorCode.Unavailable,
            exception.MayBeDone ? "The database was lost while it was told to keep this; it may be done." : "The database can't be used at the moment.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        });

        // A PostgreSQL that comes back later than the service may have no tables yet: that is for it to mend and no failure of the request.
        services.AddApiError<DbException>(static (provider, _) => provider.GetRequiredService<DatabaseSchema>().IsReady
            ? null
            : new ApiError(ErrorCode.Unavailable, "The database is not where this program needs it yet.") { RetryAfter = TimeSpan.FromSeconds(1) });
        services.AddSingleton<CursorKey>();
        services.AddApiError<RoomLogUnavailableException>(static _ => new ApiError(ErrorCode.Unavailable, "The log of this room can't be used at the moment.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        });
        services.AddSingleton<DatabaseSchema>();
        services.AddLifespanStep(
            "database",
            FirstOfAll,
            TimeSpan.FromMinutes(10),
            (provider, cancellationToken) =>
            {
                PrivateDirectory.Create(settings.DataDirectory);
                return provider.GetRequiredService<DatabaseSchema>().StartAsync(cancellationToken);
            },
            static (provider, cancellationToken) => provider.GetRequiredService<Database>().DisposeAsync().AsTask().WaitAsync(cancellationToken));
        return services.AddDependency(
            DependencyName,
            static (provider, cancellationToken) => provider.GetRequiredService<DatabaseSchema>().ProbeAsync(cancellationToken),
            static dependency => dependency.RetryMax = TimeSpan.FromSeconds(5));
    }
}
