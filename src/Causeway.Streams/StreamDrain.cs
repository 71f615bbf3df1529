namespace Causeway.Streams;

/// <summary>Tells open streams that the service is stopping. Register one to tie them to a drain; else they end when the host begins to stop.</summary>
/// <param name="Left">What is left until the service stops listening; clients are told to come back after that.</param>
/// <param name="Draining">Cancelled when the drain begins: every stream is then told when to come back, and ends.</param>
public sealed record StreamDrain(Func<TimeSpan> Left, CancellationToken Draining);
