using Causeway.Data;

namespace Causeway.Jobs;

/// <summary>How one job is enqueued; what is not given is as its kind has it.</summary>
public sealed record EnqueueOptions
{
    internal static EnqueueOptions None { get; } = new();

    /// <summary>The queue; one that this process knows, since nobody else may run it.</summary>
    public string? Queue { get; init; }

    /// <summary>Higher ones are begun first: −100–100.</summary>
    public int? Priority { get; init; }

    /// <summary>After so many failed tries it is dead: 1–1,000.</summary>
    public int? MaxAttempts { get; init; }

    /// <summary>When it is to be begun; null for now.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>
    /// While another job with this key is waiting, running or scheduled, none is made. The database keeps this, whoever enqueues at the same moment. 1–200 characters; put the
    /// kind, and a period where it is to be once in that, into it: <c>report:2026-05</c>.
    /// </summary>
    public string? UniqueKey { get; init; }

    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs((long)(Priority ?? 0)), 100, nameof(Priority));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts ?? 1, 1, nameof(MaxAttempts));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxAttempts ?? 1, 1_000, nameof(MaxAttempts));
        if (UniqueKey is { } key && (key.Length is 0 or > 200 || !DatabaseText.CanBeKept(key)))
        {
            throw new ArgumentException("UniqueKey must be 1 to 200 characters, none of them zero or half of one.");
        }
    }
}

/// <summary>What became of an enqueued job.</summary>
/// <param name="Id">The job's id; where its unique key was taken, the id of the one that has it.</param>
/// <param name="IsNew">Whether it was made.</param>
public readonly record struct Enqueued(string Id, bool IsNew);
