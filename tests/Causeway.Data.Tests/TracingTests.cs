using System.Collections.Concurrent;
using System.Diagnostics;

namespace Causeway.Data.Tests;

/// <summary>F5: reads and writes are spans of whoever asks for them, on both databases.</summary>
public sealed class TracingTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ReadAndWrite_WithinATrace_AreSpansOfIt(DatabaseProvider provider)
    {
        await using var test = await TestDatabase.CreateAsync(provider);
        await test.Database.OpenAsync();
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Causeway.Data",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var work = new Activity("work").SetIdFormat(ActivityIdFormat.W3C).Start();
        ActivitySpanId? inside = null;

        await test.Database.ExecuteAsync("CREATE TABLE things (id bigint PRIMARY KEY)");
        await test.Database.WriteAsync(async (unit, token) =>
        {
            inside = Activity.Current?.SpanId;
            await unit.ExecuteAsync("INSERT INTO things (id) VALUES (@Id)", new { Id = 1 }, token);
        });
        Assert.Equal([1L], await test.Database.QueryAsync<long>("SELECT id FROM things"));
        await Assert.ThrowsAnyAsync<Exception>(() => test.Database.ExecuteAsync("INSERT INTO things (id) VALUES (@Id)", new { Id = 1 }));

        Assert.Same(work, Activity.Current);
        await Eventually.Equal(4, () => spans.Count(span => span.TraceId == work.TraceId));
        var own = spans.Where(span => span.TraceId == work.TraceId).ToList();
        Assert.Equal(["write", "write", "read", "write"], own.Select(static span => span.OperationName));
        Assert.All(own, span => Assert.Equal((work.SpanId, provider == DatabaseProvider.Postgres ? "postgresql" : "sqlite"), (span.ParentSpanId, (string?)span.GetTagItem("db.system.name"))));
        Assert.Equal(own[1].SpanId, inside);
    }

    [Fact]
    public async Task Read_OutsideATrace_BeginsNone()
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Causeway.Data",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);

        await test.Database.QuerySingleOrDefaultAsync<long>("SELECT 1");

        Assert.DoesNotContain(spans, static span => span.Parent is null && span.ParentSpanId == default);
    }
}
