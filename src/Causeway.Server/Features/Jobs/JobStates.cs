using Causeway.Jobs;

namespace Causeway.Server;

/// <summary>States of jobs as the wire has them.</summary>
internal static class JobStates
{
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<JobState>().Select(NameOf)];

    /// <summary>The name as SQL, for the list.</summary>
    public static string Column { get; } = $"CASE state {string.Join(' ', Enum.GetValues<JobState>().Select(static state => $"WHEN {(long)state} THEN '{NameOf(state)}'"))} END";

    public static string NameOf(JobState state) => state switch
    {
        JobState.Waiting => "waiting",
        JobState.Running => "running",
        JobState.Scheduled => "scheduled",
        JobState.Succeeded => "succeeded",
        JobState.Dead => "dead",
        _ => "cancelled",
    };
}
