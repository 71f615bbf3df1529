namespace Causeway.Hosting;

/// <summary>What a data directory tells of the instance that uses it.</summary>
/// <param name="DataDirectory">The directory.</param>
/// <param name="Locked">Whether a process has it now; null where that may not be looked at.</param>
/// <param name="Pid">The process of the record; null where there is no record.</param>
/// <param name="Proven">Whether that process is alive and proven to be the instance.</param>
/// <param name="Evidence">How that was told, or why it is in doubt.</param>
/// <param name="State">Where the record says it is in its life.</param>
/// <param name="Urls">Where the record says it listens.</param>
/// <param name="Version">The version in the record.</param>
/// <param name="StartedAt">When the record says it was started.</param>
/// <param name="DrainDeadline">When it announced to have ended; null until it was asked to stop.</param>
public sealed record InstanceReport(
    string DataDirectory,
    bool? Locked,
    int? Pid,
    bool Proven,
    string Evidence,
    InstanceState? State,
    IReadOnlyList<string> Urls,
    string? Version,
    DateTimeOffset? StartedAt,
    DateTimeOffset? DrainDeadline);
