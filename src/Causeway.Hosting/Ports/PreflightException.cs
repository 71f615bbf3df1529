namespace Causeway.Hosting;

/// <summary>The start can't go on, for a reason that a person can do something about.</summary>
public sealed class PreflightException : Exception
{
    /// <summary>Says why.</summary>
    /// <param name="exitCode">One of <see cref="Hosting.ExitCode"/>.</param>
    /// <param name="message">What is wrong and what to do.</param>
    public PreflightException(int exitCode, string message)
        : base(message) => ExitCode = exitCode;

    /// <summary>One of <see cref="Hosting.ExitCode"/>.</summary>
    public int ExitCode { get; }
}
