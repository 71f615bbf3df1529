using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using Causeway.Data;
using Causeway.Hosting;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Causeway.Jobs.Tests;

[Collection("databases")]
public sealed class SetupTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Migrations_DownAndUpAgain_LeaveNothingBehind(DatabaseProvider provider)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        await node.AddAsync("gone with its table");

        await node.Get<Migrator>().DownAsync(1);
        await Assert.ThrowsAnyAsync<Exception>(() => node.Database.QueryAsync<string>("SELECT id FROM jobs"));
        await node.Get<Migrator>().UpAsync();

        Assert.Empty(await node.Database.QueryAsync<string>("SELECT id FROM jobs"));
    }

    [Fact]
    public async Task Host_StartedAndDrained_RunsJobsAndHandsThemBack()
    {
        using var directory = new TempDirectory();
        using var log = new LogProbe();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider>(log);
        builder.Services.AddSingleton<Script>();
        builder.Services.AddDatabase(options => options.SqliteFile = directory["test.db"]);
        builder.Services.AddDrain(static drain => drain.Window = TimeSpan.FromSeconds(1));
        builder.Services.AddJobs(static options => options.CancelGrace = TimeSpan.FromSeconds(1));
        builder.Services.AddJob<Work, WorkHandler>("work");
        builder.Services.AddJobSchedule("every-second", "* * * * * *", static _ => new Work("ticked"));
        using var host = builder.Build();
        await host.Services.GetRequiredService<Migrator>().UpAsync();
        var (jobs, script) = (host.Services.GetRequiredService<JobClient>(), host.Services.GetRequiredService<Script>());
        script.Hold("long");

        await host.StartAsync();
        var id = (await jobs.EnqueueAsync(new Work("long"))).Id;
        await script.Begun("long");
        await script.Begun("ticked");
        await host.StopAsync();

        Assert.Equal((JobState.Waiting, 0), ((await jobs.FindAsync(id))!.State, (await jobs.FindAsync(id))!.Attempts));
        await log.WaitFor("JobsHandedBack");
        Assert.Contains(host.Services.GetRequiredService<DrainState>().Report!.Phases, static phase => phase.Name == "jobs" && phase.Notes.Single().Contains("1 of them", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Trace_OfATry_IsLinkedToWhatEnqueuedTheJob()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is "Causeway.Jobs" or "test of jobs",
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        var stopped = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        listener.ActivityStopped = stopped.Enqueue;
        ActivitySource.AddActivityListener(listener);
        using var source = new ActivitySource("test of jobs");
        await using var node = await TestJobs.CreateAsync(DatabaseProvider.Sqlite);
        node.Script["failing"] = static (_, _) => Task.FromResult(JobOutcome.GiveUp("no use"));
        node.Worker.Start();
        string id;
        ActivityTraceId trace;
        using (var span = source.StartActivity("request"))
        {
            id = await node.AddAsync("failing");
            trace = span!.TraceId;
        }

        await node.UntilAsync(id, JobState.Dead);
        Activity? found = null;
        await Eventually.True(() => (found = stopped.FirstOrDefault(activity => activity.GetTagItem("causeway.job.id") is string tag && tag == id)) is not null);

        Assert.Equal(trace, found!.Links.Single().Context.TraceId);
        Assert.NotEqual(trace, found.TraceId);
        Assert.Equal(("job work", ActivityStatusCode.Error), (found.OperationName, found.Status));
    }

    [Fact]
    public void Kinds_TwoOfOneNameOrOfOneArguments_AreRefused()
    {
        var (one, other) = (new JobRegistration<Work, WorkHandler>("work", new JobKindOptions()), new JobRegistration<Work, WorkHandler>("other", new JobKindOptions()));

        Assert.Contains("two jobs of the kind work", Assert.Throws<InvalidOperationException>(() => new JobKinds([one, one])).Message, StringComparison.Ordinal);
        Assert.Contains("other, work", Assert.Throws<InvalidOperationException>(() => new JobKinds([other, one])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Workers", -1)]
    [InlineData("Workers", 1_001)]
    [InlineData("Lease", 0)]
    [InlineData("PollInterval", 61)]
    [InlineData("KeepDead", -1)]
    [InlineData("Queues:Bad Name", 1)]
    [InlineData("Queues:q:Workers", -1)]
    [InlineData("Queues:q:MaxRunning", 0)]
    public void Options_OutOfRange_AreRefusedByName(string name, int value)
    {
        var options = new JobsOptions();
        switch (name)
        {
            case "Workers": options.Workers = value; break;
            case "Lease": options.Lease = TimeSpan.FromSeconds(value); break;
            case "PollInterval": options.PollInterval = TimeSpan.FromSeconds(value); break;
            case "KeepDead": options.KeepDead = TimeSpan.FromDays(value); break;
            case "Queues:Bad Name": options.Queues["Bad Name"] = new JobQueueOptions(); break;
            case "Queues:q:Workers": options.Queues["q"] = new JobQueueOptions { Workers = value }; break;
            default: options.Queues["q"] = new JobQueueOptions { MaxRunning = value }; break;
        }

        var problems = new List<ValidationResult>();
        Assert.False(Validator.TryValidateObject(options, new ValidationContext(options), problems, validateAllProperties: true));
        Assert.Equal(name, problems.Single().MemberNames.Single());
        Assert.True(new JobsOptionsValidator().Validate(null, options).Failed);
        Assert.True(new JobsOptionsValidator().Validate(null, new JobsOptions()).Succeeded);
    }
}
