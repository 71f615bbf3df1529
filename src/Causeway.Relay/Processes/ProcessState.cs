namespace Causeway.Relay;

/// <summary>What a backend's process is doing.</summary>
public enum ProcessState
{
    /// <summary>It does not run; a request may start it, unless an operator stopped it.</summary>
    Stopped,

    /// <summary>It was started and does not answer yet.</summary>
    Starting,

    /// <summary>It answers.</summary>
    Ready,

    /// <summary>It was asked to end.</summary>
    Stopping,

    /// <summary>It ended by itself; the next start waits.</summary>
    BackingOff,

    /// <summary>It ended again and again: requests are refused at once until the longest wait is over or an operator starts it.</summary>
    CrashLooping,
}
