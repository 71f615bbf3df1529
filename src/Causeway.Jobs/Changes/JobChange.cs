namespace Causeway.Jobs;

/// <summary>A job came, went on or ended.</summary>
/// <param name="Id">Which job.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Queue">The queue it is in.</param>
/// <param name="State">Where it is now; null where it is gone.</param>
/// <param name="Attempts">Tries that count.</param>
/// <param name="Progress">How far it is; null where its handler told nothing yet.</param>
/// <param name="At">When.</param>
public sealed record JobChange(string Id, string Kind, string Queue, JobState? State, int Attempts, JobProgress? Progress, DateTimeOffset At);
