using Causeway.Bench.Load;
using Causeway.Bench.Native;
using Causeway.Bench.Peers;

namespace Causeway.Bench.Scenarios;

/// <summary>One peer, freshly started, and the load generator that is connected to it; for one scenario in one round.</summary>
internal sealed class Session(Peer peer, PeerProcess process, Pace pace) : IDisposable
{
    public Peer Peer { get; } = peer;

    public Pace Pace { get; } = pace;

    public int Port => process.Port;

    public ProcessProbe Server => process.Probe;

    public LoadGenerator Load { get; } = new(peer.Protocol, process.Port);

    public void Dispose()
    {
        Load.Dispose();
        process.Dispose();
    }

    /// <summary>Runs traffic to its end.</summary>
    /// <returns>What both sides cost in the measured part of it.</returns>
    public CpuUse Measure(Traffic traffic)
    {
        var server = Server.CpuSeconds;
        var own = Machine.CpuSeconds;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Load.RunMeasured(traffic);
        var use = new CpuUse(clock.Elapsed.TotalSeconds, Server.CpuSeconds - server, Machine.CpuSeconds - own);
        Load.RunToTheEnd(traffic);
        return use;
    }
}

/// <summary>How long the parts of a scenario last.</summary>
/// <param name="WarmUp">Flat out, before anything counts.</param>
/// <param name="Phase">A phase flat out.</param>
/// <param name="Rate">A phase at a fixed rate: longer, because its slowest hundredth is made of few messages.</param>
/// <param name="Stuck">With readers that do not read; half as long before without.</param>
/// <param name="Settle">Idle, before memory is read.</param>
internal sealed record Pace(TimeSpan WarmUp, TimeSpan Phase, TimeSpan Rate, TimeSpan Stuck, TimeSpan Settle)
{
    public static Pace Full { get; } = new(
        WarmUp: TimeSpan.FromSeconds(2), Phase: TimeSpan.FromSeconds(3), Rate: TimeSpan.FromSeconds(5), Stuck: TimeSpan.FromSeconds(12), Settle: TimeSpan.FromSeconds(3));

    public static Pace Quick { get; } = new(
        WarmUp: TimeSpan.FromSeconds(1), Phase: TimeSpan.FromSeconds(1.5), Rate: TimeSpan.FromSeconds(2), Stuck: TimeSpan.FromSeconds(12), Settle: TimeSpan.FromSeconds(1));
}

/// <summary>Time on the clock, of the server's CPU and of the load generator's.</summary>
internal readonly record struct CpuUse(double Seconds, double ServerCpu, double LoadCpu)
{
    public double ServerShare => ServerCpu / Seconds;

    public double LoadShare => LoadCpu / Seconds;
}
