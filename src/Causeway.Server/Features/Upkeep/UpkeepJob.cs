using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>The arguments of an upkeep's job: there is nothing to be said.</summary>
internal sealed record UpkeepJob<TUpkeep>
    where TUpkeep : class, IUpkeep;

/// <summary>One try of an upkeep.</summary>
internal sealed class UpkeepHandler<TUpkeep>(TUpkeep upkeep) : IJobHandler<UpkeepJob<TUpkeep>>
    where TUpkeep : class, IUpkeep
{
    public async Task<JobOutcome> RunAsync(UpkeepJob<TUpkeep> args, JobContext context, CancellationToken cancellationToken)
    {
        await upkeep.RunAsync(cancellationToken);
        return JobOutcome.Done;
    }
}
