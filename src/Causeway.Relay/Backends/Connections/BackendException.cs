namespace Causeway.Relay;

/// <summary>How far a request came before its backend failed.</summary>
internal enum BackendPhase
{
    /// <summary>The connection was not there yet: nothing was sent.</summary>
    Connect = 1,

    /// <summary>The backend's certificate was refused, or TLS failed: nothing was sent.</summary>
    Tls,

    /// <summary>The request was on its way.</summary>
    Send,

    /// <summary>The answer's head was awaited.</summary>
    Head,

    /// <summary>The answer's body was on its way.</summary>
    Body,
}

/// <summary>A backend that failed. Its message is for the log; clients are told the phase only.</summary>
internal sealed class BackendException(BackendPhase phase, string message, Exception? inner = null) : Exception(message, inner)
{
    public BackendPhase Phase { get; } = phase;

    /// <summary>It took too long, rather than broke.</summary>
    public bool TimedOut { get; init; }

    /// <summary>The connection broke before the first byte of an answer, so that another attempt may be made where the method allows it.</summary>
    public bool BeforeAnswer { get; init; }
}
