namespace Causeway.Hosting;

/// <summary>What a line of the log looks like.</summary>
public enum LogFormat
{
    /// <summary>For a person: short, aligned, coloured on a terminal.</summary>
    Text = 1,

    /// <summary>For a machine: one JSON object a line.</summary>
    Json,
}
