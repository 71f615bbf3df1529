namespace Causeway.Hosting;

/// <summary>What is to be started as a child of the service.</summary>
public sealed record ChildStart
{
    /// <summary>What people call it; used in the log.</summary>
    public required string Name { get; init; }

    /// <summary>The program and its arguments; no shell reads them. A name without a slash is looked up in the child's <c>PATH</c>. It must stay in the foreground.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Where it runs; null for the service's own working directory. A program named with a slash is relative to it.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>
    /// Variables added to the service's own environment, which is handed on without what is meant for the service alone: <c>LISTEN_*</c>,
    /// <c>NOTIFY_SOCKET</c>, <c>WATCHDOG_*</c> and <c>CAUSEWAY__*</c>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The user it runs as, by name; null for the service's own. Linux only, and the service must be root.</summary>
    public string? User { get; init; }
}

/// <summary>How a child ended.</summary>
/// <param name="Code">Its exit code; 128 and the signal's number where a signal ended it.</param>
public readonly record struct ChildExit(int Code)
{
    /// <summary>The number of the signal that ended it; null where it ended by itself.</summary>
    /// <remarks>A program that itself exits with a code above 128 can't be told apart: that is how shells speak too.</remarks>
    public int? Signal => !OperatingSystem.IsWindows() && Code is > 128 and <= 128 + 64 ? Code - 128 : null;

    /// <inheritdoc/>
    public override string ToString() => Signal is { } signal
        ? $"ended by {Signals.NameOf(signal)}"
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"exited with code {Code}");
}

/// <summary>A child could not be started; the message says why in one sentence that names what was configured.</summary>
public sealed class ChildStartException : Exception
{
    /// <summary>Makes one without a message.</summary>
    public ChildStartException()
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">Why, for a person.</param>
    public ChildStartException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="message">Why, for a person.</param>
    /// <param name="innerException">What the system said.</param>
    public ChildStartException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
