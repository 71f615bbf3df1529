namespace Causeway.Hosting;

/// <summary>One thing to bring up before the listeners open, and to take down after they closed.</summary>
internal sealed record LifespanStep(
    string Name, int Order, TimeSpan Deadline, TimeSpan StopDeadline, bool IsRequired, Func<IServiceProvider, CancellationToken, Task> Start, Func<IServiceProvider, CancellationToken, Task>? Stop);

/// <summary>A step without which the service can't start did not succeed.</summary>
/// <param name="step">The step's name.</param>
/// <param name="reason">Why, as a sentence without its end.</param>
/// <param name="innerException">What it threw, if anything.</param>
public sealed class LifespanException(string step, string reason, Exception? innerException = null)
    : Exception($"Start-up step {step} {reason}.", innerException)
{
    /// <summary>The step's name.</summary>
    public string Step { get; } = step;
}
