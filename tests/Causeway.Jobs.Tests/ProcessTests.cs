using Causeway.Data;
using Causeway.Testing;
using Causeway.Testing.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Jobs.Tests;

/// <summary>Real processes and the real clock: what is left when one is killed.</summary>
[Collection("databases")]
public sealed class ProcessTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Kill_InTheMiddleOfAJob_LosesNothing(DatabaseProvider provider)
    {
        await using var place = await Place.CreateAsync(provider);
        using var first = await WorkerProcess.StartAsync(provider, place.Where);
        var held = await place.Jobs.EnqueueAsync(new HoldArgs("held"));
        await first.SaysAsync("began held 1");
        var begun = await place.Jobs.FindAsync(held.Id);
        Assert.Equal((JobState.Running, 1), (begun!.State, begun.Attempts));

        await first.KillAsync();
        Assert.Equal(JobState.Running, (await place.Jobs.FindAsync(held.Id))!.State);
        using var second = await WorkerProcess.StartAsync(provider, place.Where);

        // After the lease it is rescued, which is a failed try; its next one begins after a pause, or when somebody asks for it.
        await Eventually.True(async () => (await place.Jobs.FindAsync(held.Id))!.State == JobState.Scheduled, what: "rescued");
        Assert.Equal(JobFailureReason.Lost, Assert.Single(await place.Jobs.FailuresAsync(held.Id)).Reason);
        await place.Jobs.RetryAsync(held.Id);
        await second.SaysAsync("began held 2");

        // One that is asked to stop hands it back at once.
        Assert.Equal(0, await second.StopAsync());
        var job = await place.Jobs.FindAsync(held.Id);
        Assert.Equal((JobState.Waiting, 1, (string?)null), (job!.State, job.Attempts, job.Worker));
    }

    [Fact]
    public async Task Kill_OneOfTwoWorkersUnderLoad_EveryEffectIsThereOnce()
    {
        await using var place = await Place.CreateAsync(DatabaseProvider.Postgres);
        var victim = await WorkerProcess.StartAsync(DatabaseProvider.Postgres, place.Where);
        using var other = await WorkerProcess.StartAsync(DatabaseProvider.Postgres, place.Where);
        const int Jobs = 2_000;
        for (var batch = 0; batch < Jobs; batch += 100)
        {
            var from = batch;
            await place.Database.WriteAsync((unit, token) => place.Jobs.EnqueueManyAsync(unit, Enumerable.Range(from, 100).Select(static index => new CountArgs($"job {index}")), cancellationToken: token));
        }

        await Eventually.True(async () => await CountAsync("name LIKE 'job %'") > Jobs / 10, what: "work is under way");
        await victim.KillAsync();
        victim.Dispose();
        using var third = await WorkerProcess.StartAsync(DatabaseProvider.Postgres, place.Where);
        await Eventually.Equal(Jobs, () => CountAsync("name LIKE 'job %'"), TimeSpan.FromMinutes(2));

        Assert.Equal(Jobs, (await place.Database.QueryAsync<string>("SELECT DISTINCT name FROM effects WHERE name LIKE 'job %'")).Count);
        await Eventually.True(async () => await CountAsync("name LIKE 'tick %'") >= 3, what: "schedules tick");
        var ticks = await place.Database.QueryAsync<string>("SELECT name FROM effects WHERE name LIKE 'tick %'");
        Assert.Equal(ticks.Count, ticks.Distinct().Count());

        async Task<int> CountAsync(string where) => (int)await place.Database.QuerySingleOrDefaultAsync<long>($"SELECT COUNT(*) FROM effects WHERE {where}");
    }

    /// <summary>A database with the schema and a table of effects, and a client that runs nothing itself.</summary>
    private sealed class Place : IAsyncDisposable
    {
        private readonly TempDirectory _directory = new();
        private readonly ServiceProvider _services;

        private Place(DatabaseProvider provider, string? connection)
        {
            Where = connection ?? _directory["jobs.db"];
            var services = new ServiceCollection();
            services.AddDatabase(options => (options.Provider, options.ConnectionString, options.SqliteFile) = (provider, connection, _directory["jobs.db"]));
            services.AddJobs(static options => options.Workers = 0);
            services.AddJob<HoldArgs, NeverHere<HoldArgs>>("hold");
            services.AddJob<CountArgs, NeverHere<CountArgs>>("count");
            _services = services.BuildServiceProvider();
        }

        public string Where { get; }

        public Database Database => _services.GetRequiredService<Database>();

        public JobClient Jobs => _services.GetRequiredService<JobClient>();

        public static async Task<Place> CreateAsync(DatabaseProvider provider)
        {
            var place = new Place(provider, provider == DatabaseProvider.Postgres ? await TestJobs.PostgresAsync() : null);
            await place._services.GetRequiredService<Migrator>().UpAsync();
            await place.Database.ExecuteAsync("CREATE TABLE effects (name text NOT NULL, job_id text NOT NULL)");
            return place;
        }

        public async ValueTask DisposeAsync()
        {
            await _services.DisposeAsync();
            _directory.Dispose();
        }
    }

    private sealed class NeverHere<TArgs> : IJobHandler<TArgs>
        where TArgs : notnull
    {
        public Task<JobOutcome> RunAsync(TArgs args, JobContext context, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
