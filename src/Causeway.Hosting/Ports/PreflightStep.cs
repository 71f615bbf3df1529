namespace Causeway.Hosting;

/// <summary>Something to do once the data directory is this instance's own and before any port is looked at, such as stopping what an earlier crash left behind.</summary>
/// <param name="Name">For the log.</param>
/// <param name="Order">Lower runs first; equal ones in the order they were added.</param>
/// <param name="RunAsync">The work; gets the application's root services. An exception fails the start.</param>
internal sealed record PreflightStep(string Name, int Order, Func<IServiceProvider, CancellationToken, Task> RunAsync);
