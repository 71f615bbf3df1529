using System.Diagnostics;
using Causeway.Data;
using Causeway.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Causeway.Bench.Api;

/// <summary>
/// Question: what do leases, fences, states and handlers cost over the least that a queue in a database can do? Jobs that do nothing, run by one worker process, beside a bare loop
/// that claims as many rows and acknowledges them, each in one transaction, on the same database in the same run. Budget: at least half of the bare loop.
/// </summary>
internal static class JobsBench
{
    private const int Count = 20_000;
    private const int Workers = 100;
    private const int Rounds = 3;

    public static async Task<int> RunAsync(string? postgres)
    {
        var directory = Directory.CreateTempSubdirectory("causeway-bench-").FullName;
        try
        {
            await MeasureAsync("SQLite", options => options.SqliteFile = Path.Combine(directory, "jobs.db"));
            if (postgres is not null)
            {
                await MeasureAsync("PostgreSQL", options => (options.Provider, options.ConnectionString) = (DatabaseProvider.Postgres, postgres));
            }

            return 0;
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task MeasureAsync(string name, Action<DatabaseOptions> configure)
    {
        var ratios = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            using var host = CreateHost(configure);
            var services = host.Services;
            await services.GetRequiredService<Migrator>().UpAsync();
            var database = services.GetRequiredService<Database>();

            // In turn, and the other one first in each second round: neither has the warmer machine.
            double bare, jobs;
            if (round % 2 == 0)
            {
                bare = await BareAsync(database);
                jobs = await JobsAsync(services, database);
            }
            else
            {
                jobs = await JobsAsync(services, database);
                bare = await BareAsync(database);
            }

            ratios.Add(jobs / bare);
            Console.WriteLine($"{name,-12} {jobs:#,0} jobs/s, the bare loop {bare:#,0}/s: {jobs / bare:0.00}");
        }

        ratios.Sort();
        Console.WriteLine($"{name,-12} median {ratios[Rounds / 2]:0.00} of the bare loop (goal: 0.5)");
    }

    private static IHost CreateHost(Action<DatabaseOptions> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddDatabase(configure)
            .AddSingleton<Tally>()
            .AddJobs(static options => options.Workers = Workers)
            .AddJob<Nothing, NothingHandler>("nothing");
        return builder.Build();
    }

    private static async Task<double> JobsAsync(IServiceProvider services, Database database)
    {
        var (jobs, tally) = (services.GetRequiredService<JobClient>(), services.GetRequiredService<Tally>());
        await database.ExecuteAsync("DELETE FROM jobs");
        for (var batch = 0; batch < Count; batch += 1_000)
        {
            await database.WriteAsync((unit, token) => jobs.EnqueueManyAsync(unit, Enumerable.Repeat(new Nothing(), 1_000), cancellationToken: token));
        }

        // The worker and nothing else of the host: its loops are none of the question.
        var worker = services.GetServices<IHostedService>().Single(static service => service.GetType().Name == "JobWorkerService");
        var begun = Stopwatch.GetTimestamp();
        await worker.StartAsync(default);
        await tally.Done;
        await worker.StopAsync(default);
        var took = Stopwatch.GetElapsedTime(begun);
        var left = await database.QuerySingleOrDefaultAsync<long>("SELECT COUNT(*) FROM jobs WHERE state <> 4");
        return left == 0 ? Count / took.TotalSeconds : throw new BenchException($"{left} jobs were not done.");
    }

    private static async Task<double> BareAsync(Database database)
    {
        await database.ExecuteAsync("DROP TABLE IF EXISTS bare_jobs");
        await database.ExecuteAsync("CREATE TABLE bare_jobs (id ordinal_text PRIMARY KEY, state bigint NOT NULL, args text NOT NULL)");
        await database.ExecuteAsync("CREATE INDEX bare_jobs_ready ON bare_jobs (id) WHERE state = 1");
        await database.WriteAsync(async (unit, token) =>
        {
            for (var index = 0; index < Count; index++)
            {
                await unit.ExecuteAsync("INSERT INTO bare_jobs (id, state, args) VALUES (@id, 1, '{}')", new { id = Guid.CreateVersion7().ToString() }, token);
            }
        });

        var locks = database.Provider == DatabaseProvider.Postgres ? " FOR UPDATE SKIP LOCKED" : "";
        var claim = $"UPDATE bare_jobs SET state = 2 WHERE id IN (SELECT id FROM bare_jobs WHERE state = 1 ORDER BY id LIMIT {Workers}{locks}) RETURNING id";
        var begun = Stopwatch.GetTimestamp();
        for (var done = 0; done < Count;)
        {
            var ids = await database.WriteAsync((unit, token) => unit.QueryAsync<string>(claim, cancellationToken: token));
            done += await database.WriteAsync((unit, token) => database.Provider == DatabaseProvider.Postgres
                ? unit.ExecuteAsync("UPDATE bare_jobs SET state = 4 WHERE id = ANY(@ids)", new { ids = ids.ToArray() }, token)
                : unit.ExecuteAsync("UPDATE bare_jobs SET state = 4 WHERE id = @id", ids.Select(static id => new { id }), token));
        }

        return Count / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private sealed record Nothing;

    private sealed class Tally
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public Task Done => _done.Task;

        public void Add()
        {
            if (Interlocked.Increment(ref _count) == Count)
            {
                _done.SetResult();
            }
        }
    }

    private sealed class NothingHandler(Tally tally) : IJobHandler<Nothing>
    {
        public Task<JobOutcome> RunAsync(Nothing args, JobContext context, CancellationToken cancellationToken)
        {
            tally.Add();
            return Task.FromResult(JobOutcome.Done);
        }
    }
}
