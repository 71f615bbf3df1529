using System.Collections.Concurrent;

namespace Causeway.Realtime.Tests;

/// <summary>Runs seeds: several at once, each on a thread of its own.</summary>
internal static class Simulations
{
    private const int Stack = 16 * 1024 * 1024;

    /// <returns>Seeds that failed, in order, with what was broken first.</returns>
    public static IReadOnlyList<(int Seed, string Failure)> Run(int first, int count)
    {
        var failed = new ConcurrentBag<(int Seed, string Failure)>();
        var next = first - 1;
        OnThreads(Environment.ProcessorCount, () =>
        {
            while (Interlocked.Increment(ref next) is var seed && seed < first + count)
            {
                if (SimulatedWorld.Run(seed).Failure is { } failure)
                {
                    failed.Add((seed, failure));
                }
            }
        });
        return [.. failed.OrderBy(static entry => entry.Seed)];
    }

    /// <summary>Runs one seed and keeps all that happens.</summary>
    public static Simulator Trace(int seed)
    {
        Simulator? simulator = null;
        OnThreads(1, () => simulator = SimulatedWorld.Run(seed, keepsTrace: true));
        return simulator!;
    }

    /// <summary>Runs one seed as all are run, and says how it went.</summary>
    public static ulong Hash(int seed)
    {
        var hash = 0UL;
        OnThreads(1, () => hash = SimulatedWorld.Run(seed).Hash);
        return hash;
    }

    /// <summary>What a seed comes to, with the last that happened.</summary>
    public static string Describe(int seed)
    {
        var simulator = Trace(seed);
        var file = Path.Combine(Path.GetTempPath(), $"causeway-simulation-{seed}.log");
        File.WriteAllLines(file, simulator.Trace);
        return $"Seed {seed}: {simulator.Failure}\nAll of it: {file}\n{string.Join('\n', simulator.Trace.TakeLast(40))}\n";
    }

    // A thread of its own for each, with nothing around it that would send what follows an await elsewhere.
    private static void OnThreads(int count, ThreadStart run)
    {
        var threads = Enumerable.Range(0, count).Select(_ => new Thread(run, Stack)).ToList();
        threads.ForEach(static thread => thread.UnsafeStart());
        threads.ForEach(static thread => thread.Join());
    }
}
