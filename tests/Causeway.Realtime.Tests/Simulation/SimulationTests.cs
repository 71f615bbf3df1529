namespace Causeway.Realtime.Tests;

/// <summary>
/// D7, D12: what is promised of durable rooms, of resuming and of presence holds in every order of events that a seed makes up. <c>CAUSEWAY_SIMULATION_SEEDS</c> is how many seeds are run, 500 where
/// it is not set; <c>CAUSEWAY_SIMULATION_SEED</c> runs one alone.
/// </summary>
[Collection(nameof(SimulationTests))]
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 500;

    [Fact]
    public void Cluster_InTrouble_KeepsItsPromises()
    {
        var (first, count) = Number("CAUSEWAY_SIMULATION_SEED") is { } only ? (only, 1) : (1, Number("CAUSEWAY_SIMULATION_SEEDS") ?? DefaultSeeds);
        var failed = Simulations.Run(first, count);
        foreach (var (seed, failure) in failed)
        {
            output.WriteLine($"Seed {seed}: {failure}");
        }

        if (failed.Count > 0)
        {
            output.WriteLine(Simulations.Describe(failed[0].Seed));
            Assert.Fail($"{failed.Count} of {count} seeds failed. CAUSEWAY_SIMULATION_SEED={failed[0].Seed} runs the first alone: {failed[0].Failure}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Seed_Again_IsTheSameRun(int seed)
    {
        var (first, again, other) = (Simulations.Trace(seed), Simulations.Trace(seed), Simulations.Trace(seed + 100));

        Assert.Equal(first.Trace, again.Trace);
        Assert.Equal((first.Hash, first.Events), (again.Hash, again.Events));
        Assert.NotEqual(first.Hash, other.Hash);
    }

    [Fact]
    public void Seed_WithoutATrace_IsTheSameRun() => Assert.Equal(Simulations.Trace(5).Hash, Simulations.Hash(5));

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : null;
}

/// <summary>Apart from the others, which wait for real time to pass: it takes all cores.</summary>
[CollectionDefinition(nameof(SimulationTests), DisableParallelization = true)]
public sealed class SimulationsAreAlone;
