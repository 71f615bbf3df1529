using Causeway.Data;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>The accounts for one command: the service may be running meanwhile, on the same database.</summary>
internal static class AccountServices
{
    /// <summary>Runs a command with the services it needs.</summary>
    /// <param name="run">The command line.</param>
    /// <param name="needsSchema">Whether the command works on tables, so that pending migrations are applied before.</param>
    /// <param name="work">The command.</param>
    public static async Task<int> RunAsync(Invocation run, bool needsSchema, Func<ServerSettings, IServiceProvider, Task<int>> work)
    {
        var settings = run.Settings();
        PrivateDirectory.Create(settings.DataDirectory);
        await using var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddServerData(settings).BuildServiceProvider();
        try
        {
            if (needsSchema || settings.Database.Provider == DatabaseProvider.Postgres)
            {
                await services.GetRequiredService<Migrator>().UpAsync();
            }

            return await work(settings, services);
        }
        catch (Exception exception) when (exception is MigrationException or DatabaseException)
        {
            await run.Error.WriteLineAsync(exception.InnerException is { } inner && exception is DatabaseException ? $"{exception.Message} {inner.Message}" : exception.Message);
            return ExitCode.Failed;
        }
    }
}
