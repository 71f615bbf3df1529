using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Causeway.Data;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary><c>causeway migrate …</c>: the database's schema, told, brought up and taken back.</summary>
internal static class MigrateCommand
{
    public static Command Create(Invocation run)
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON object.", Recursive = true };
        var status = new Command("status", "List the migrations; exit code 0 when the database has them all, else 1. This is what happens without a word.") { };
        status.SetAction((result, cancellationToken) => StatusAsync(run, result.GetValue(json), cancellationToken));

        var up = new Command("up", "Apply what is pending. A start does the same, unless Database:Migrate is off.");
        up.SetAction((result, cancellationToken) => RunAsync(
            run, "Applied", result.GetValue(json), migrator => migrator.UpAsync(cancellationToken)));

        var steps = new Option<int>("--steps") { Description = "How many, the last first.", DefaultValueFactory = static _ => 1 };
        steps.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--steps must be 1 or more.");
            }
        });
        var to = new Option<string?>("--to") { Description = "Undo all that was applied after this one, as in --to identity:2." };
        to.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && Target(text) is null)
            {
                result.AddError("--to must be LIBRARY:NUMBER.");
            }
        });
        var down = new Command("down", "Undo the last migration, with the data it holds. Stop the service first; make a backup before.") { steps, to };
        down.SetAction((result, cancellationToken) =>
        {
            var target = result.GetValue(to) is { } text ? Target(text) : null;
            return RunAsync(run, "Undone", result.GetValue(json), migrator => target is { } last
                ? migrator.DownToAsync(last.Library, last.Number, cancellationToken)
                : migrator.DownAsync(result.GetValue(steps), cancellationToken));
        });

        var migrate = new Command("migrate", "See and change the database's schema; exit code 1 when it can't be reached or refuses.") { json, status, up, down };
        migrate.SetAction((result, cancellationToken) => StatusAsync(run, result.GetValue(json), cancellationToken));
        return migrate;
    }

    private static (string Library, int Number)? Target(string text) =>
        text.Split(':') is [{ Length: > 0 } library, var digits] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (library, number)
            : null;

    private static Task<int> StatusAsync(Invocation run, bool json, CancellationToken cancellationToken) => WithMigratorAsync(run, async (_, migrator) =>
    {
        var all = await migrator.StatusAsync(cancellationToken);
        var complete = all.All(static migration => migration.State == MigrationState.Applied);
        await run.Output.WriteAsync(json
            ? JsonSerializer.Serialize(new StatusReport(complete, all), CommandJson.Options) + "\n"
            : string.Concat(all.Select(static migration => $"{migration.State.ToString().ToLowerInvariant(),-8} {Describe(migration)}\n")));
        return complete ? ExitCode.Stopped : ExitCode.Failed;
    });

    private static Task<int> RunAsync(Invocation run, string word, bool json, Func<Migrator, Task<IReadOnlyList<MigrationStatus>>> change) =>
        WithMigratorAsync(run, async (settings, migrator) =>
        {
            // A running service holds the file, and would work on with a schema that is gone. Of a shared server nobody here can tell.
            if (settings.Database.Provider == DatabaseProvider.Sqlite && PortDoctor.Examine(settings.DataDirectory).Locked == true)
            {
                await run.Error.WriteLineAsync($"The service that uses {settings.DataDirectory} is running. Stop it first.");
                return ExitCode.Failed;
            }

            var changed = await change(migrator);
            await run.Output.WriteAsync(json
                ? JsonSerializer.Serialize(new ChangeReport(changed), CommandJson.Options) + "\n"
                : changed.Count == 0 ? "Nothing to do.\n" : string.Concat(changed.Select(migration => $"{word} {Describe(migration)}\n")));
            return ExitCode.Stopped;
        });

    private static async Task<int> WithMigratorAsync(Invocation run, Func<ServerSettings, Migrator, Task<int>> work)
    {
        var settings = run.Settings();
        PrivateDirectory.Create(settings.DataDirectory);
        await using var services = new ServiceCollection().AddServerData(settings).BuildServiceProvider();
        try
        {
            return await work(settings, services.GetRequiredService<Migrator>());
        }
        catch (Exception exception) when (exception is MigrationException or DatabaseException)
        {
            await run.Error.WriteLineAsync(exception.InnerException is { } inner && exception is DatabaseException ? $"{exception.Message} {inner.Message}" : exception.Message);
            return ExitCode.Failed;
        }
    }

    private static string Describe(MigrationStatus migration) => string.Create(
        CultureInfo.InvariantCulture, $"{migration.Library} {migration.Number:0000}_{migration.Name}{(migration.AppliedAt is { } at ? $"  {at:u}" : "")}");

    private sealed record StatusReport(bool Complete, IReadOnlyList<MigrationStatus> Migrations);

    private sealed record ChangeReport(IReadOnlyList<MigrationStatus> Changed);
}
