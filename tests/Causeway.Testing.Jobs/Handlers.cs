using Causeway.Data;
using Causeway.Jobs;

namespace Causeway.Testing.Jobs;

/// <summary>A job that says it began, and never ends by itself.</summary>
/// <param name="Name">What it says.</param>
public sealed record HoldArgs(string Name);

/// <summary>A job whose effect is one row of <c>effects</c>, in the transaction of its end.</summary>
/// <param name="Name">The row.</param>
public sealed record CountArgs(string Name);

internal sealed class HoldHandler : IJobHandler<HoldArgs>
{
    public async Task<JobOutcome> RunAsync(HoldArgs args, JobContext context, CancellationToken cancellationToken)
    {
        Console.WriteLine($"began {args.Name} {context.Attempt}");
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        return JobOutcome.Done;
    }
}

internal sealed class CountHandler(Database database) : IJobHandler<CountArgs>
{
    public async Task<JobOutcome> RunAsync(CountArgs args, JobContext context, CancellationToken cancellationToken)
    {
        await database.WriteAsync(
            async (unit, token) =>
            {
                await unit.ExecuteAsync("INSERT INTO effects (name, job_id) VALUES (@Name, @Id)", new { args.Name, context.Id }, token).ConfigureAwait(false);
                await context.CompleteAsync(unit, token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return JobOutcome.Done;
    }
}
