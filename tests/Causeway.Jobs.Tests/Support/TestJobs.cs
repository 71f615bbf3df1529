using System.Collections.Concurrent;
using Causeway.Data;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Jobs.Tests;

/// <summary>Every test of the conformance suite runs on both.</summary>
public static class Providers
{
    public static TheoryData<DatabaseProvider> All => [DatabaseProvider.Sqlite, DatabaseProvider.Postgres];
}

/// <summary>Tests that use both databases take turns, which is fair to the one PostgreSQL they share.</summary>
[CollectionDefinition("databases")]
public sealed class Databases;

/// <summary>One process: jobs on a real database of the test's own, with a clock that stands still and handlers that do what the test says.</summary>
internal sealed class TestJobs : IAsyncDisposable
{
    // No worker sleeps longer, and no other timer of these tests is shorter when it is armed.
    private static readonly TimeSpan LongestSleep = TimeSpan.FromSeconds(10);

    private readonly TempDirectory _directory;
    private readonly ServiceProvider _services;
    private readonly bool _ownsDirectory;

    private TestJobs(TempDirectory directory, ServiceProvider services, ManualTime time, LogProbe log, bool ownsDirectory) =>
        (_directory, _services, Time, Log, _ownsDirectory) = (directory, services, time, log, ownsDirectory);

    public ManualTime Time { get; }

    public LogProbe Log { get; }

    public Database Database => Get<Database>();

    public JobClient Jobs => Get<JobClient>();

    public JobWorker Worker => Get<JobWorker>();

    public JobStore Store => Get<JobStore>();

    public JobSchedules Schedules => Get<JobSchedules>();

    public Script Script => Get<Script>();

    public static async Task<TestJobs> CreateAsync(
        DatabaseProvider provider, Action<JobsOptions>? configure = null, Action<IServiceCollection>? services = null, Action<JobKindOptions>? kind = null, string? connection = null)
    {
        connection ??= provider == DatabaseProvider.Postgres ? await PostgresAsync() : null;
        var jobs = Create(provider, connection, new TempDirectory(), new ManualTime(), new Script(), configure, services, kind, ownsDirectory: true);
        await jobs.Get<Migrator>().UpAsync();
        return jobs;
    }

    /// <summary>Another process on the same database and clock, with the same script.</summary>
    public TestJobs Another(Action<JobsOptions>? configure = null, Action<IServiceCollection>? services = null, Action<JobKindOptions>? kind = null)
    {
        var options = Get<IOptions<DatabaseOptions>>().Value;
        return Create(options.Provider, options.ConnectionString, _directory, Time, Script, configure, services, kind, ownsDirectory: false);
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public async Task<string> AddAsync(string name, EnqueueOptions? options = null)
    {
        var enqueued = await Jobs.EnqueueAsync(new Work(name), options);
        Assert.True(enqueued.IsNew);
        return enqueued.Id;
    }

    public async Task<Job> FindAsync(string id) => (await Jobs.FindAsync(id))!;

    /// <summary>Waits until a job is in a state, while the clock stands.</summary>
    public async Task<Job> UntilAsync(string id, JobState state)
    {
        Job? job = null;
        await Eventually.True(async () => (job = await Jobs.FindAsync(id))?.State == state, what: $"{state}, is {job?.State} ({job?.LastError})");
        return job!;
    }

    /// <summary>Waits for a job while time goes by, so that whatever is due at some moment comes to it.</summary>
    public async Task<Job> WhileTimePassesAsync(string id, JobState state)
    {
        Job? job = null;
        await WhileTimePassesAsync(async () => (job = await Jobs.FindAsync(id))?.State == state, $"job {id} {state}");
        return job!;
    }

    /// <summary>Waits for something while time goes by from one thing that is due to the next: never while a worker is at work, for whom the clock would run wild.</summary>
    public Task WhileTimePassesAsync(Func<Task<bool>> condition, string what) => Eventually.True(
        async () =>
        {
            if (await condition())
            {
                return true;
            }

            if (Time.UntilNextTimer is { } next && next <= LongestSleep)
            {
                Time.Advance(next > TimeSpan.Zero ? next : TimeSpan.FromMilliseconds(1));
            }

            return false;
        },
        what: what);

    public async ValueTask DisposeAsync()
    {
        Script.Release();
        await _services.DisposeAsync();
        if (_ownsDirectory)
        {
            _directory.Dispose();
        }
    }

    public static async Task<string> PostgresAsync()
    {
        if (PostgresServer.Missing is { } missing)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") is "true" or "1", missing);
            Assert.Skip(missing);
        }

        var server = await PostgresServer.SharedAsync();
        return await server.CreateDatabaseAsync();
    }

    private static TestJobs Create(
        DatabaseProvider provider, string? connection, TempDirectory directory, ManualTime time, Script script,
        Action<JobsOptions>? configure, Action<IServiceCollection>? add, Action<JobKindOptions>? kind, bool ownsDirectory)
    {
        var log = new LogProbe();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddSingleton<TimeProvider>(time);
        services.AddSingleton(script);
        services.AddDatabase(options =>
        {
            options.Provider = provider;
            options.ConnectionString = connection;
            options.SqliteFile = directory["test.db"];
            options.SqliteSynchronous = SqliteSynchronous.Normal;
        });
        services.AddJobs(options =>
        {
            options.Worker = "node " + Guid.NewGuid().ToString("N")[..6];
            options.DatabaseTimeout = TimeSpan.FromMinutes(5);
            configure?.Invoke(options);
        });
        services.AddJob<Work, WorkHandler>("work", kind);
        add?.Invoke(services);
        return new TestJobs(directory, services.BuildServiceProvider(), time, log, ownsDirectory);
    }
}

/// <summary>Arguments of the tests' one kind of job.</summary>
internal sealed record Work(string Name);

/// <summary>What the handlers do, by the name in their arguments; those of other names end at once.</summary>
internal sealed class Script
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, Func<JobContext, CancellationToken, Task<JobOutcome>>> _parts = new();
    private int _now;
    private int _most;

    /// <summary>The names of the tries in the order in which they began.</summary>
    public ConcurrentQueue<string> Began { get; } = new();

    /// <summary>The most tries at the same time.</summary>
    public int Most => Volatile.Read(ref _most);

    public Func<JobContext, CancellationToken, Task<JobOutcome>> this[string name]
    {
        set => _parts[name] = value;
    }

    /// <summary>Has a name hold its tries until the result is completed, or they are cancelled.</summary>
    public TaskCompletionSource Hold(string name)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        this[name] = async (_, token) =>
        {
            await Task.WhenAny(gate.Task, _released.Task).WaitAsync(token);
            return JobOutcome.Done;
        };
        return gate;
    }

    /// <summary>Has a name hold its tries whatever the token says, until the result is completed.</summary>
    public TaskCompletionSource HoldStubbornly(string name)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        this[name] = async (_, _) =>
        {
            await Task.WhenAny(gate.Task, _released.Task);
            return JobOutcome.Done;
        };
        return gate;
    }

    /// <summary>Lets all go that is held.</summary>
    public void Release() => _released.TrySetResult();

    public Task Begun(string name, int times = 1) => Eventually.True(() => Began.Count(began => began == name) >= times, what: $"{name} begun {times} times");

    public async Task<JobOutcome> RunAsync(string name, JobContext context, CancellationToken cancellationToken)
    {
        var now = Interlocked.Increment(ref _now);
        for (var most = _most; now > most; most = _most)
        {
            Interlocked.CompareExchange(ref _most, now, most);
        }

        Began.Enqueue(name);
        try
        {
            return _parts.TryGetValue(name, out var part) ? await part(context, cancellationToken) : JobOutcome.Done;
        }
        finally
        {
            Interlocked.Decrement(ref _now);
        }
    }
}

internal sealed class WorkHandler(Script script) : IJobHandler<Work>
{
    public Task<JobOutcome> RunAsync(Work args, JobContext context, CancellationToken cancellationToken) => script.RunAsync(args.Name, context, cancellationToken);
}
