using Causeway.Data;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Jobs.Tests;

/// <summary>Whatever workers, operators and time do to jobs in whichever order: the rows keep the rules, and nobody speaks for a job that he lost.</summary>
[Collection("databases")]
public sealed class StateMachineTests
{
    private const int MaxAttempts = 3;

    [Fact]
    public Task Store_AnyOrderOfEvents_KeepsTheRulesOnSqlite() => CheckAsync(DatabaseProvider.Sqlite, 60);

    [Fact]
    public Task Store_AnyOrderOfEvents_KeepsTheRulesOnPostgres() => CheckAsync(DatabaseProvider.Postgres, 15);

    private static async Task CheckAsync(DatabaseProvider provider, int runs)
    {
        await using var node = await TestJobs.CreateAsync(provider);
        await Task.Run(() => Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(runs),
            Prop.ForAll(Gen.Choose(0, 11).ListOf(60).ToArbitrary(), events => RunAsync(node, events).GetAwaiter().GetResult())));
    }

    private static async Task<bool> RunAsync(TestJobs node, IEnumerable<int> events)
    {
        await node.Database.ExecuteAsync("DELETE FROM jobs");
        var held = new List<JobRow>();
        var over = new Dictionary<string, JobState>();
        var made = 0;
        foreach (var (what, step) in events.Select(static (what, step) => (what, step)))
        {
            switch (what)
            {
                case 0 or 1:
                    await node.Jobs.EnqueueAsync(new Work($"{made++}"), new EnqueueOptions { MaxAttempts = MaxAttempts, UniqueKey = made % 2 == 0 ? "even" : null });
                    break;
                case 2 or 3:
                    var (now, until) = (Now(), Now() + 30_000);
                    held.AddRange(await node.Database.WriteAsync((unit, token) => node.Store.ClaimAsync(unit, "default", 2, step % 3 == 0 ? 2 : null, $"w{step % 2}", now, until, token)));
                    break;
                case 4 or 5 or 6 or 7 when held.Count > 0:
                    // Also tries whose job was lost long ago.
                    var row = held[step % held.Count];
                    held.Remove(row);
                    var end = what switch { 4 => JobEnd.Succeeded, 5 => JobEnd.Failed(JobFailureReason.Failed, "no luck", null), 6 => JobEnd.HandedBack, _ => JobEnd.Snoozed(TimeSpan.FromSeconds(5)) };
                    var ending = new JobEnding(row, end, JobRules.Decide(end, row.Attempts, row.MaxAttempts, new JobRetry(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9)), 0.5), Now());
                    var before = (await node.Database.QuerySingleOrDefaultAsync<JobRow>($"SELECT {JobRow.Columns} FROM jobs WHERE id = @Id", new { row.Id }))!;
                    var states = await node.Database.WriteAsync((unit, token) => node.Store.FinishAsync(unit, [ending], token));
                    var mayEnd = before is not null && before.Fence == row.Fence && before.State == (long)JobState.Running;
                    if (states.ContainsKey(row.Key) != mayEnd)
                    {
                        return false;
                    }

                    break;
                case 8:
                    // A worker is gone: whoever looks after its lease takes its jobs away.
                    node.Time.Advance(TimeSpan.FromSeconds(31));
                    await node.Database.WriteAsync(async (unit, token) =>
                    {
                        var lost = await node.Store.FindLostAsync(unit, Now(), token);
                        var gone = JobEnd.Failed(JobFailureReason.Lost, "gone", null);
                        await node.Store.FinishAsync(
                            unit, [.. lost.Select(one => new JobEnding(one, gone, JobRules.Decide(gone, one.Attempts, one.MaxAttempts, new JobRetry(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9)), 0.5), Now()))], token);
                    });
                    break;
                case 9:
                    node.Time.Advance(TimeSpan.FromSeconds(3));
                    await node.Database.WriteAsync((unit, token) => node.Store.PromoteAsync(unit, Now(), token));
                    break;
                case 10 or 11:
                    var ids = await node.Database.QueryAsync<string>("SELECT id FROM jobs ORDER BY id");
                    if (ids.Count > 0)
                    {
                        var id = ids[step % ids.Count];
                        _ = what == 10 ? await node.Jobs.CancelAsync(id) : await node.Jobs.ReplayAsync(id);
                        over.Remove(id);
                    }

                    break;
            }

            if (!await HoldsAsync())
            {
                return false;
            }
        }

        return true;

        long Now() => node.Time.GetUtcNow().ToUnixTimeMilliseconds();

        async Task<bool> HoldsAsync()
        {
            var rows = await node.Database.QueryAsync<JobRow>($"SELECT {JobRow.Columns} FROM jobs");
            foreach (var row in rows)
            {
                var (state, isRunning) = ((JobState)row.State, row.State == (long)JobState.Running);
                if (row.Attempts < 0 || row.Attempts > row.MaxAttempts || row.Attempts > row.Fence
                    || isRunning != row.LeaseUntil is not null || isRunning != row.Worker is not null
                    || (state >= JobState.Succeeded) != row.FinishedAt is not null
                    || (row.CancelAskedAt is not null && !isRunning)
                    || (state == JobState.Dead && row.Attempts != row.MaxAttempts))
                {
                    return false;
                }

                // What is over stays so, until somebody replays it.
                if (over.TryGetValue(row.Id, out var before) && before != state)
                {
                    return false;
                }

                if (state >= JobState.Succeeded)
                {
                    over[row.Id] = state;
                }
            }

            return rows.Count(static row => row.UniqueKey == "even" && row.State <= 3) <= 1;
        }
    }
}
