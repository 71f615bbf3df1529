using System.Diagnostics;
using Causeway.Bench.Load;
using Causeway.Bench.Report;

namespace Causeway.Bench.Scenarios;

/// <summary>Connections that only exist: what each costs in resident memory, before and after it joined one room.</summary>
internal sealed class IdleScenario(string name, string description, int connections, int maxRounds) : Scenario(name, description, maxRounds)
{
    /// <summary>Connections before those that are measured, so that what a server loads once for all of them is not counted.</summary>
    public int First { get; init; }

    public override bool ComparesSpeed => false;

    public override IEnumerable<PhaseResult> Run(Session session)
    {
        var load = session.Load;
        if (First > 0)
        {
            load.Open(First, Role.Idle, TimeSpan.FromSeconds(20));
        }

        load.Idle(session.Pace.Settle / 3);
        var before = session.Server.ResidentKilobytes;
        var cpu = session.Server.CpuSeconds;
        var clock = Stopwatch.StartNew();
        var clients = load.Open(connections, Role.Idle, TimeSpan.FromSeconds(60));
        var seconds = clock.Elapsed.TotalSeconds;
        cpu = session.Server.CpuSeconds - cpu;
        load.Idle(session.Pace.Settle);
        var connected = session.Server.ResidentKilobytes;
        var joined = connected;
        if (session.Peer.Protocol.JoinsApart)
        {
            load.Join(clients, TimeSpan.FromSeconds(60));
            load.Idle(session.Pace.Settle);
            joined = session.Server.ResidentKilobytes;
        }

        yield return new PhaseResult("idle", new Dictionary<string, double>
        {
            [Metric.Connects] = connections / seconds,
            [Metric.ServerCpu] = cpu * 1e6 / connections,
            [Metric.KilobytesConnected] = (connected - before) / connections,
            [Metric.KilobytesJoined] = (joined - before) / connections,
            [Metric.Memory] = session.Server.PeakKilobytes / 1024,
            [Metric.Closed] = load.ClosedByServer,
        });
    }
}
