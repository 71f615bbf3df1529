namespace Causeway.Jobs;

/// <summary>Does the work of one kind of job. Made for each try in a scope of its own.</summary>
/// <typeparam name="TArgs">The arguments, as they were enqueued.</typeparam>
public interface IJobHandler<in TArgs>
    where TArgs : notnull
{
    /// <summary>One try. A job may be tried more than once, and after a crash even though it was done: make what it does outside of the database repeatable.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="context">The job, and what can be told of it.</param>
    /// <param name="cancellationToken">
    /// Cancelled when somebody cancels the job, when it takes too long, when the service stops, or when the job was lost to another worker; come back soon then.
    /// </param>
    /// <returns>What became of it. An exception is a failed try.</returns>
    Task<JobOutcome> RunAsync(TArgs args, JobContext context, CancellationToken cancellationToken);
}
