using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Causeway.Jobs;

/// <summary>How this process runs jobs, and how long they are kept.</summary>
public sealed class JobsOptions : IValidatableObject
{
    /// <summary>The queue of jobs that name none.</summary>
    public const string DefaultQueue = "default";

    /// <summary>Jobs that this process runs at the same time, over all queues.</summary>
    /// <value>0–1,000. Default 4; with 0 it enqueues and shows, and leaves the work to others.</value>
    [Range(0, 1_000)]
    public int Workers { get; set; } = 4;

    /// <summary>Queues with limits of their own. A queue named here, by a kind of job or <c>default</c> is run by this process.</summary>
    public IDictionary<string, JobQueueOptions> Queues { get; } = new Dictionary<string, JobQueueOptions>(StringComparer.Ordinal);

    /// <summary>How often the database is asked for what nobody told of: jobs of other processes, jobs that became due, workers that are gone.</summary>
    /// <value>50 ms–1 min. Default 1 s.</value>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a worker that tells nothing keeps its jobs; it tells three times within it. The clocks of all nodes must agree to a small part of it.</summary>
    /// <value>1 s–1 h. Default 30 s.</value>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What a job has to come back after it was cancelled, before it is left behind.</summary>
    /// <value>0–5 min. Default 5 s.</value>
    public TimeSpan CancelGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The least time between two writes of a job's progress.</summary>
    /// <value>10 ms–1 min. Default 500 ms.</value>
    public TimeSpan ProgressInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What any step at the database may take, so that one that hangs never stops the work for good.</summary>
    /// <value>1 s–5 min. Default 15 s.</value>
    public TimeSpan DatabaseTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long jobs that succeeded are kept.</summary>
    /// <value>0–366 days. Default 1 day.</value>
    public TimeSpan KeepSucceeded { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long cancelled jobs are kept.</summary>
    /// <value>0–366 days. Default 7 days.</value>
    public TimeSpan KeepCancelled { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long dead jobs are kept.</summary>
    /// <value>0–366 days. Default 30 days.</value>
    public TimeSpan KeepDead { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Names this process, for people: beside a running job.</summary>
    /// <value>Default the machine's name and the process's id.</value>
    [Required, StringLength(200)]
    public string Worker { get; set; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>How arguments become JSON.</summary>
    /// <value>Default snake_case, enums by name, members that are required must be there.</value>
    public JsonSerializerOptions Json { get; set; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        PropertyNameCaseInsensitive = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        foreach (var (name, value, least, most) in new[]
        {
            (nameof(PollInterval), PollInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1)),
            (nameof(Lease), Lease, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            (nameof(CancelGrace), CancelGrace, TimeSpan.Zero, TimeSpan.FromMinutes(5)),
            (nameof(ProgressInterval), ProgressInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
            (nameof(DatabaseTimeout), DatabaseTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
            (nameof(KeepSucceeded), KeepSucceeded, TimeSpan.Zero, TimeSpan.FromDays(366)),
            (nameof(KeepCancelled), KeepCancelled, TimeSpan.Zero, TimeSpan.FromDays(366)),
            (nameof(KeepDead), KeepDead, TimeSpan.Zero, TimeSpan.FromDays(366)),
        })
        {
            if (value < least || value > most)
            {
                yield return new ValidationResult($"{name} must be {least} to {most}.", [name]);
            }
        }

        foreach (var (name, queue) in Queues)
        {
            if (!JobName.IsValid(name))
            {
                yield return new ValidationResult($"The queue's name {JobName.Rule}.", [$"{nameof(Queues)}:{name}"]);
            }

            if (queue.Workers is < 0 or > 1_000)
            {
                yield return new ValidationResult("Workers must be 0 to 1,000.", [$"{nameof(Queues)}:{name}:{nameof(JobQueueOptions.Workers)}"]);
            }

            if (queue.MaxRunning is < 1 or > 100_000)
            {
                yield return new ValidationResult("MaxRunning must be 1 to 100,000.", [$"{nameof(Queues)}:{name}:{nameof(JobQueueOptions.MaxRunning)}"]);
            }
        }
    }
}

/// <summary>The limits of one queue.</summary>
public sealed class JobQueueOptions
{
    /// <summary>Jobs of the queue that this process runs at the same time.</summary>
    /// <value>0–1,000, or null for all of <see cref="JobsOptions.Workers"/>. Default null.</value>
    public int? Workers { get; set; }

    /// <summary>Jobs of the queue that run at the same time over all processes of this database.</summary>
    /// <value>1–100,000, or null for no limit. Default null. All processes should say the same.</value>
    public int? MaxRunning { get; set; }
}
