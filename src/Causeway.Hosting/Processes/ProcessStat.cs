namespace Causeway.Hosting;

/// <summary>What Linux says of a process in <c>/proc/PID/stat</c>.</summary>
/// <param name="ProcessId">Its id; the system gives it to somebody else once the process is gone.</param>
/// <param name="State">A letter, such as <c>R</c>, <c>S</c> or <c>Z</c>.</param>
/// <param name="ParentId">Who started it, or who took it over.</param>
/// <param name="GroupId">Its process group.</param>
/// <param name="SessionId">Its session.</param>
/// <param name="StartTicks">When it started, in clock ticks since the boot: with the id it tells two processes apart.</param>
internal readonly record struct ProcessStat(int ProcessId, char State, int ParentId, int GroupId, int SessionId, long StartTicks)
{
    /// <summary>True when it has ended and only waits for its parent to notice.</summary>
    public bool HasEnded => State is 'Z' or 'X' or 'x';
}
