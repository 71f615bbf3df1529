using System.Collections.Frozen;
using Causeway.Data;
using Microsoft.Extensions.Logging;

namespace Causeway.Jobs;

/// <summary>What makes jobs by the clock. Any number of processes keep the same schedules; the database decides which of them makes a moment's job, so none leads and none is made twice.</summary>
public sealed class JobSchedules
{
    private static readonly TimeSpan LateAfter = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromDays(7);

    private readonly Database _database;
    private readonly JobClient _jobs;
    private readonly JobKinds _kinds;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly FrozenDictionary<string, ScheduleRegistration> _registrations;
    private readonly Dictionary<(string Cron, string Zone), CronTimes> _times = [];
    private bool _isPublished;

    internal JobSchedules(Database database, JobClient jobs, JobKinds kinds, IEnumerable<ScheduleRegistration> registrations, TimeProvider time, ILogger<JobSchedules> logger)
    {
        (_database, _jobs, _kinds, _time, _logger) = (database, jobs, kinds, time, logger);
        var all = registrations.ToList();
        if (all.GroupBy(static schedule => schedule.Name).FirstOrDefault(static group => group.Count() > 1) is { } twice)
        {
            throw new InvalidOperationException($"There are two schedules {twice.Key}.");
        }

        all.ForEach(schedule => kinds.For(schedule.ArgsType));
        _registrations = all.ToFrozenDictionary(static schedule => schedule.Name);
    }

    /// <summary>All schedules of the database, by name.</summary>
    public async Task<IReadOnlyList<JobSchedule>> ListAsync(CancellationToken cancellationToken = default)
    {
        var rows = await _database.QueryAsync<ScheduleRow>($"SELECT {ScheduleRow.Columns} FROM job_schedules ORDER BY name", cancellationToken: cancellationToken).ConfigureAwait(false);
        return [.. rows.Select(static row => row.ToSchedule())];
    }

    /// <summary>One schedule; null where there is none.</summary>
    public async Task<JobSchedule?> FindAsync(string name, CancellationToken cancellationToken = default) =>
        (await FindRowAsync(name, cancellationToken).ConfigureAwait(false))?.ToSchedule();

    /// <summary>Has a schedule make no jobs until it is resumed, on all nodes.</summary>
    /// <returns>The schedule; null where there is none.</returns>
    public Task<JobSchedule?> PauseAsync(string name, CancellationToken cancellationToken = default) => SetAsync(name, paused: true, null, cancellationToken);

    /// <summary>Has a paused schedule go on with its next moment; what it missed meanwhile is left out.</summary>
    /// <returns>The schedule; null where there is none.</returns>
    public async Task<JobSchedule?> ResumeAsync(string name, CancellationToken cancellationToken = default) =>
        await FindRowAsync(name, cancellationToken).ConfigureAwait(false) is not { } row ? null
        : !row.Paused ? row.ToSchedule()
        : await SetAsync(name, paused: false, TimesOf(row).After(_time.GetUtcNow())?.ToUnixTimeMilliseconds(), cancellationToken).ConfigureAwait(false);

    /// <summary>Makes a job of a schedule now, beside its moments; also while it is paused.</summary>
    /// <returns>The job; null where this program has no such schedule. It is not new where the one before is not through and the schedule has none overlap.</returns>
    public async Task<Enqueued?> RunAsync(string name, CancellationToken cancellationToken = default)
    {
        if (_registrations.GetValueOrDefault(name) is not { } schedule)
        {
            return null;
        }

        var row = RowOf(schedule, _time.GetUtcNow());
        return await _database.WriteAsync((unit, token) => _jobs.AddAsync(unit, row with { Tick = null }, token), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes the jobs that are due. To be called every second by each process that has schedules.</summary>
    /// <returns>How many this process made.</returns>
    internal async Task<int> TickAsync(CancellationToken cancellationToken)
    {
        if (_registrations.Count == 0)
        {
            return 0;
        }

        if (!_isPublished)
        {
            await PublishAsync(cancellationToken).ConfigureAwait(false);
            _isPublished = true;
        }

        var now = _time.GetUtcNow();
        var due = await _database.QueryAsync<ScheduleRow>(
            $"SELECT {ScheduleRow.Columns} FROM job_schedules WHERE next_at <= @now ORDER BY next_at", new { now = now.ToUnixTimeMilliseconds() }, cancellationToken).ConfigureAwait(false);
        var made = 0;
        foreach (var row in due)
        {
            if (row.Paused || _registrations.GetValueOrDefault(row.Name) is not { } schedule)
            {
                continue;
            }

            try
            {
                made += await MakeAsync(schedule, row, now, cancellationToken).ConfigureAwait(false) ? 1 : 0;
            }
            catch (Exception exception) when (exception is not DatabaseUnavailableException and not OperationCanceledException)
            {
                // One that can't make its job must not keep the others from theirs.
                _logger.TickFailed(exception, row.Name, UnixTime.From(row.NextAt!.Value));
            }
        }

        return made;
    }

    /// <summary>Notes that this program still has its schedules, and drops those that no program had for a week.</summary>
    internal async Task KeepAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        await _database.WriteAsync(
            async (unit, token) =>
            {
                foreach (var name in _registrations.Keys)
                {
                    await unit.ExecuteAsync("UPDATE job_schedules SET seen_at = @now WHERE name = @name", new { name, now = now.ToUnixTimeMilliseconds() }, token).ConfigureAwait(false);
                }

                await unit.ExecuteAsync("DELETE FROM job_schedules WHERE seen_at < @before", new { before = (now - ForgottenAfter).ToUnixTimeMilliseconds() }, token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes down what this program has. The expression of whoever started last counts, for all: that is the newest release.</summary>
    private Task PublishAsync(CancellationToken cancellationToken) => _database.WriteAsync(
        async (unit, token) =>
        {
            var now = _time.GetUtcNow();
            foreach (var schedule in _registrations.Values)
            {
                await unit.ExecuteAsync(
                    """
                    INSERT INTO job_schedules (name, kind, cron, time_zone, paused, next_at, seen_at, created_at) VALUES (@Name, @Kind, @Cron, @Zone, @Paused, @NextAt, @Now, @Now)
                    ON CONFLICT (name) DO UPDATE SET
                        kind = excluded.kind, seen_at = excluded.seen_at, cron = excluded.cron, time_zone = excluded.time_zone,
                        next_at = CASE
                            WHEN job_schedules.cron = excluded.cron AND job_schedules.time_zone = excluded.time_zone THEN job_schedules.next_at ELSE excluded.next_at END
                    """,
                    new
                    {
                        schedule.Name,
                        _kinds.For(schedule.ArgsType).Kind,
                        Cron = schedule.Times.Text,
                        schedule.Times.Zone,
                        Paused = false,
                        NextAt = schedule.Times.After(now)?.ToUnixTimeMilliseconds(),
                        Now = now.ToUnixTimeMilliseconds(),
                    },
                    token).ConfigureAwait(false);
            }
        },
        cancellationToken);

    private Task<bool> MakeAsync(ScheduleRegistration schedule, ScheduleRow row, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // By the row, not by this program's own: during a change of releases the newer one has written down another expression.
        var times = TimesOf(row);
        var first = UnixTime.From(row.NextAt!.Value);
        var tick = times.LastWithin(first, now) ?? first;
        var next = times.After(now)?.ToUnixTimeMilliseconds();
        var isSkipped = schedule.Options.Missed == MissedTicks.Skip && now - tick > LateAfter;
        var job = isSkipped ? null : RowOf(schedule, tick);
        return _database.WriteAsync(
            async (unit, token) =>
            {
                // Whoever moves it on makes the job: nobody else finds it where it was.
                if (await unit.ExecuteAsync(
                    "UPDATE job_schedules SET next_at = @next, last_at = @tick, last_job_id = COALESCE(@jobId, last_job_id) WHERE name = @Name AND next_at = @NextAt AND NOT paused",
                    new { next, tick = tick.ToUnixTimeMilliseconds(), jobId = job?.Id, row.Name, row.NextAt }, token).ConfigureAwait(false) == 0)
                {
                    return false;
                }

                if (job is null)
                {
                    _logger.TickMissed(row.Name, tick, Math.Round((now - tick).TotalSeconds, 1));
                    return false;
                }

                var made = await _jobs.AddAsync(unit, job, token).ConfigureAwait(false);
                if (!made.IsNew)
                {
                    _logger.TickOverlaps(row.Name, tick);
                    await unit.ExecuteAsync("UPDATE job_schedules SET last_job_id = @LastJobId WHERE name = @Name", new { row.LastJobId, row.Name }, token).ConfigureAwait(false);
                }

                return made.IsNew;
            },
            cancellationToken);
    }

    private JobRow RowOf(ScheduleRegistration schedule, DateTimeOffset tick)
    {
        var options = (schedule.Options.Job ?? EnqueueOptions.None) with { DueAt = null, UniqueKey = schedule.Options.Overlaps ? null : "schedule:" + schedule.Name };
        return _jobs.RowOf(schedule.Args(tick), options) with { Schedule = schedule.Name, Tick = tick.ToUnixTimeMilliseconds() };
    }

    private CronTimes TimesOf(ScheduleRow row)
    {
        lock (_times)
        {
            return _times.TryGetValue((row.Cron, row.TimeZone), out var known) ? known : _times[(row.Cron, row.TimeZone)] = CronTimes.Parse(row.Cron, row.TimeZone);
        }
    }

    private Task<ScheduleRow?> FindRowAsync(string name, CancellationToken cancellationToken) =>
        _database.QuerySingleOrDefaultAsync<ScheduleRow>($"SELECT {ScheduleRow.Columns} FROM job_schedules WHERE name = @name", new { name }, cancellationToken);

    private Task<JobSchedule?> SetAsync(string name, bool paused, long? nextAt, CancellationToken cancellationToken) => _database.WriteAsync(
        async (unit, token) => (await unit.QuerySingleOrDefaultAsync<ScheduleRow>(
            $"UPDATE job_schedules SET paused = @paused, next_at = COALESCE(@nextAt, next_at) WHERE name = @name RETURNING {ScheduleRow.Columns}",
            new { name, paused, nextAt }, token).ConfigureAwait(false))?.ToSchedule(),
        cancellationToken);
}
