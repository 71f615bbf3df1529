using System.Collections.Concurrent;

namespace Causeway.Hosting;

/// <summary>What a drain step is told, and where it says what it did.</summary>
/// <param name="Services">The application's services.</param>
/// <param name="Budget">The time this step has; its token is cancelled after it.</param>
/// <param name="Remaining">What is left of the whole window as the step begins.</param>
public sealed record DrainContext(IServiceProvider Services, TimeSpan Budget, TimeSpan Remaining)
{
    private readonly ConcurrentQueue<string> _notes = new();

    internal IReadOnlyList<string> Notes => [.. _notes];

    /// <summary>Adds to the drain's report what the step did, or had to cut and why: <c>12 WebSockets told to reconnect</c>.</summary>
    /// <param name="note">A few words. No secrets.</param>
    public void Report(string note)
    {
        ArgumentException.ThrowIfNullOrEmpty(note);
        _notes.Enqueue(note);
    }
}

/// <summary>One thing to do between the signal and the closing of the listeners.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Order">Lower runs first; equal ones in the order they were added.</param>
/// <param name="Share">The step's part of the whole window, or null where <paramref name="Time"/> is given.</param>
/// <param name="Time">The step's time, or null where <paramref name="Share"/> is given.</param>
/// <param name="RunAsync">The work. It should end soon after its token is cancelled; it is left behind when it does not.</param>
internal sealed record DrainStep(string Name, int Order, double? Share, TimeSpan? Time, Func<DrainContext, CancellationToken, Task> RunAsync)
{
    public TimeSpan BudgetOf(TimeSpan window, TimeSpan remaining)
    {
        var wanted = Time ?? window * Share!.Value;
        return wanted < remaining ? wanted : remaining;
    }
}
