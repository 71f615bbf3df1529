namespace Causeway.Hosting;

/// <summary>What one iteration of a loop is told.</summary>
/// <param name="Services">The application's services; make a scope where one is needed.</param>
/// <param name="Name">The loop's.</param>
/// <param name="LeftBehind">Earlier iterations that did not come back after they were cancelled, and may still be at work beside this one; 0 as a rule.</param>
public sealed record LoopContext(IServiceProvider Services, string Name, int LeftBehind);

/// <summary>A loop as it was added.</summary>
internal sealed record LoopRegistration(string Name, TimeSpan Interval, LoopOptions Options, Func<LoopContext, CancellationToken, Task> RunAsync);
