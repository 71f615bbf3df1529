namespace Causeway.Relay;

/// <summary>One line that a backend's process printed, or that the service says about it.</summary>
/// <param name="Offset">Its place, from 1.</param>
/// <param name="Time">When it was read.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="Text">Without its end. Bytes that are no UTF-8 are U+FFFD; a line over 8,192 bytes comes in pieces.</param>
public sealed record OutputLine(long Offset, DateTimeOffset Time, OutputSource Source, string Text);

/// <summary>Where a line came from.</summary>
public enum OutputSource
{
    /// <summary>The process's standard output.</summary>
    Output,

    /// <summary>The process's standard error.</summary>
    Error,

    /// <summary>The service: started, ready, ended.</summary>
    Service,
}
