using System.Diagnostics.Metrics;
using System.Reflection;
using Causeway.Data;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a database to an application.</summary>
public static class DataServiceCollectionExtensions
{
    /// <summary>Adds <see cref="Database"/> and <see cref="Migrator"/>.</summary>
    /// <remarks>
    /// Nothing connects by itself: call <see cref="Migrator.UpAsync"/> before the application takes requests. The database is closed when the
    /// application's services are disposed.
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Chooses the database; options may be bound from configuration as well.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddDatabase(this IServiceCollection services, Action<DatabaseOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DatabaseOptions>, DatabaseOptionsValidator>());
        services.AddOptions<DatabaseOptions>().ValidateOnStart();
        if (configure is not null)
        {
            services.Configure(configure);
        }

        services.AddMetrics();
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<Database>(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<DatabaseOptions>>().Value;
            var metrics = new DataMetrics(provider.GetRequiredService<IMeterFactory>());
            var loggers = provider.GetRequiredService<ILoggerFactory>();
            return options.Provider == DatabaseProvider.Postgres
                ? new PostgresDatabase(options, metrics, loggers)
                : new SqliteDatabase(options, metrics, provider.GetRequiredService<TimeProvider>(), loggers.CreateLogger("Causeway.Data"));
        });
        services.TryAddSingleton(static provider => new Migrator(
            provider.GetRequiredService<Database>(),
            provider.GetServices<MigrationSource>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>().CreateLogger("Causeway.Data")));
        if (!services.Any(static service => service.ServiceType == typeof(MigrationSource) && service.ImplementationInstance is MigrationSource { Library: "data" }))
        {
            // Before all others, whose columns are of its type.
            services.Insert(0, ServiceDescriptor.Singleton(new MigrationSource("data", typeof(Database).Assembly)));
        }

        return services;
    }

    /// <summary>Adds the migrations of a library: its embedded resources <c>Migrations/0001_what_it_does.sql</c>, numbered from 1 without holes.</summary>
    /// <remarks>
    /// A file has a part behind a line <c>-- up</c> and one behind a line <c>-- down</c>. What differs goes into parts for one database alone
    /// (<c>-- up postgres</c>, <c>-- down sqlite</c>); a database gets the parts that are meant for it, in the order of the file. Libraries are
    /// migrated in the order in which they were added; adding the same one again changes nothing.
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="library">Names them in the database; never to be changed.</param>
    /// <param name="assembly">Where they are embedded.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="InvalidOperationException">One of them can't be used; the message names it.</exception>
    public static IServiceCollection AddMigrations(this IServiceCollection services, string library, Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(library);
        ArgumentNullException.ThrowIfNull(assembly);
        return services.Any(service => service.ImplementationInstance is MigrationSource source && source.Library == library && source.Assembly == assembly)
            ? services
            : services.AddSingleton(new MigrationSource(library, assembly));
    }
}
