namespace Causeway.Relay.Tests;

/// <summary>Tests that look at the process's memory run when the others are done.</summary>
[CollectionDefinition(nameof(MeasuresMemory), DisableParallelization = true)]
public sealed class MeasuresMemory;
