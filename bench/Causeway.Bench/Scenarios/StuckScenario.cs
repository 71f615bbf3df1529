using System.Diagnostics;
using Causeway.Bench.Load;
using Causeway.Bench.Native;
using Causeway.Bench.Peers;
using Causeway.Bench.Report;

namespace Causeway.Bench.Scenarios;

/// <summary>Ten of two hundred readers stop reading for good: do the others notice, and when is the server rid of the ten?</summary>
internal sealed class StuckScenario(string name, string description, int maxRounds) : Scenario(name, description, maxRounds)
{
    private const int Readers = 190;
    private const int Stuck = 10;
    private const int PayloadBytes = 4096;
    private const double MessagesPerSecond = 100;

    public override bool ComparesSpeed => false;

    public override IEnumerable<PhaseResult> Run(Session session)
    {
        var load = session.Load;
        var readers = load.Open(Readers, Role.Subscriber, TimeSpan.FromSeconds(10));
        var stuck = load.Open(Stuck, Role.Subscriber, TimeSpan.FromSeconds(10));
        var publisher = load.Open(1, Role.Publisher, TimeSpan.FromSeconds(10))[0];
        load.Idle(TimeSpan.FromMilliseconds(200));
        var drive = Drive.Rate(MessagesPerSecond);

        var warmUp = new RoomTraffic(publisher, [.. readers, .. stuck], PayloadBytes, drive, session.Pace.WarmUp, 1);
        session.Measure(warmUp);
        var without = new RoomTraffic(publisher, [.. readers, .. stuck], PayloadBytes, drive, session.Pace.Stuck / 2, warmUp.NextSequence);
        session.Measure(without);

        var ports = stuck.Select(static client => Sockets.LocalPort(client.Fd)).ToHashSet();
        foreach (var client in stuck)
        {
            load.Pause(client);
        }

        var memory = session.Server.ResidentKilobytes;
        var watch = new StuckWatch(session.Port, ports);
        var with = new RoomTraffic(publisher, readers, PayloadBytes, drive, session.Pace.Stuck, without.NextSequence, watch.Look);
        var use = session.Measure(with);
        var values = FanOutScenario.Values(with, use, session);
        values[Metric.P99Change] = with.Latency.Percentile(0.99) / Math.Max(without.Latency.Percentile(0.99), 1);
        values[Metric.StuckGone] = watch.GoneAfterSeconds;
        values[Metric.StuckLeft] = watch.Left;
        values[Metric.MemoryGrowth] = (session.Server.ResidentKilobytes - memory) / 1024;
        values[Metric.Closed] = load.ClosedByServer;
        yield return new PhaseResult("r100", values);
    }

    /// <summary>Asks the kernel, twice a second, how many of the stuck sockets the server still holds.</summary>
    private sealed class StuckWatch(int serverPort, HashSet<int> clientPorts)
    {
        private readonly long _start = Stopwatch.GetTimestamp();
        private long _last;

        public int Left { get; private set; } = clientPorts.Count;

        public double GoneAfterSeconds { get; private set; } = double.NaN;

        public void Look(long now)
        {
            if (Left == 0 || now - _last < Stopwatch.Frequency / 2)
            {
                return;
            }

            _last = now;
            Left = ProcessProbe.HeldSockets(serverPort, clientPorts);
            if (Left == 0)
            {
                GoneAfterSeconds = (now - _start) / (double)Stopwatch.Frequency;
            }
        }
    }
}
