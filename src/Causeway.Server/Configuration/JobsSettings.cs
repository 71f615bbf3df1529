using System.ComponentModel.DataAnnotations;
using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>How durable jobs are run and kept.</summary>
internal sealed class JobsSettings : IValidatableObject
{
    /// <summary>Jobs that this process runs at the same time, over all queues; 0 leaves them to others.</summary>
    /// <value>0–1,000. Default 4.</value>
    [Range(0, 1_000)]
    public int Workers { get; set; } = 4;

    /// <summary>Limits by queue.</summary>
    public IDictionary<string, JobQueueSettings> Queues { get; } = new Dictionary<string, JobQueueSettings>(StringComparer.Ordinal);

    /// <summary>How often the database is asked for what other nodes enqueued and what became due.</summary>
    /// <value>Milliseconds, 50–60,000. Default 1,000.</value>
    [Range(50, 60_000)]
    public int PollMilliseconds { get; set; } = 1_000;

    /// <summary>How long a node that tells nothing keeps its jobs. The clocks of all nodes must agree to a small part of it.</summary>
    /// <value>Seconds, 1–3,600. Default 30.</value>
    [Range(1, 3_600)]
    public int LeaseSeconds { get; set; } = 30;

    /// <summary>How long jobs that succeeded are kept.</summary>
    /// <value>Hours, 0–8,784. Default 24.</value>
    [Range(0, 8_784)]
    public int KeepSucceededHours { get; set; } = 24;

    /// <summary>How long cancelled jobs are kept.</summary>
    /// <value>Days, 0–366. Default 7.</value>
    [Range(0, 366)]
    public int KeepCancelledDays { get; set; } = 7;

    /// <summary>How long dead jobs are kept.</summary>
    /// <value>Days, 0–366. Default 30.</value>
    [Range(0, 366)]
    public int KeepDeadDays { get; set; } = 30;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var options = new JobsOptions();
        Apply(options);
        foreach (var problem in ((IValidatableObject)options).Validate(validationContext))
        {
            if (problem.MemberNames.First() is { } name && name.StartsWith(nameof(Queues) + ":", StringComparison.Ordinal) && name.Split(':').Length == 2)
            {
                yield return new ValidationResult("its name must be 1 to 100 of a-z 0-9 _ . : -", [name]);
            }
        }
    }

    /// <summary>Hands the library its options.</summary>
    public void Apply(JobsOptions options)
    {
        options.Workers = Workers;
        options.PollInterval = TimeSpan.FromMilliseconds(PollMilliseconds);
        options.Lease = TimeSpan.FromSeconds(LeaseSeconds);
        options.KeepSucceeded = TimeSpan.FromHours(KeepSucceededHours);
        options.KeepCancelled = TimeSpan.FromDays(KeepCancelledDays);
        options.KeepDead = TimeSpan.FromDays(KeepDeadDays);
        foreach (var (name, queue) in Queues)
        {
            options.Queues[name] = new JobQueueOptions { Workers = queue.Workers, MaxRunning = queue.MaxRunning };
        }
    }
}

/// <summary>The limits of one queue.</summary>
internal sealed class JobQueueSettings
{
    /// <summary>Jobs of the queue that this process runs at the same time.</summary>
    /// <value>0–1,000. Default null: all of <c>Jobs:Workers</c>.</value>
    [Range(0, 1_000)]
    public int? Workers { get; set; }

    /// <summary>Jobs of the queue that run at the same time over all nodes.</summary>
    /// <value>1–100,000. Default null: no limit.</value>
    [Range(1, 100_000)]
    public int? MaxRunning { get; set; }
}
