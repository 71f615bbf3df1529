using System.Diagnostics;
using Causeway.Bench.Load;
using Causeway.Bench.Report;

namespace Causeway.Bench.Scenarios;

/// <summary>Some connections, each with one question or a few on the way: request and answer, no room.</summary>
internal sealed class EchoScenario(string name, string description, int maxRounds) : Scenario(name, description, maxRounds)
{
    private const double Megabyte = 1_000_000;

    public int Connections { get; init; } = 50;

    /// <summary>Questions of one connection on the way at a time.</summary>
    public int Outstanding { get; init; } = 1;

    public int PayloadBytes { get; init; } = 128;

    public Role Role { get; init; } = Role.Echo;

    /// <summary>So large that the bytes count rather than the messages.</summary>
    public bool IsBig => PayloadBytes > 65_536;

    public override IEnumerable<PhaseResult> Run(Session session)
    {
        var clients = session.Load.Open(Connections, Role, TimeSpan.FromSeconds(10));
        var warmUp = new EchoTraffic(this, clients, session.Pace.WarmUp * session.Peer.WarmUpTimes, 1);
        session.Measure(warmUp);
        var traffic = new EchoTraffic(this, clients, session.Pace.Phase, warmUp.NextSequence);
        var use = session.Measure(traffic);
        var values = new Dictionary<string, double>
        {
            [Metric.Messages] = traffic.Answered / use.Seconds,
            [Metric.ServerCpu] = use.ServerCpu * 1e6 / Math.Max(traffic.Answered, 1),
            [Metric.P50] = traffic.Latency.Percentile(0.5),
            [Metric.P99] = traffic.Latency.Percentile(0.99),
            [Metric.P999] = traffic.Latency.Percentile(0.999),
            [Metric.ServerShare] = use.ServerShare,
            [Metric.LoadShare] = use.LoadShare,
            [Metric.Memory] = session.Server.PeakKilobytes / 1024,
            [Metric.Lost] = traffic.Unanswered,
            [Metric.Closed] = session.Load.ClosedByServer,
        };
        if (IsBig)
        {
            var megabytes = traffic.Answered * (double)PayloadBytes / Megabyte;
            values[Metric.Megabytes] = megabytes / use.Seconds;
            values[Metric.CpuPerGigabyte] = use.ServerCpu * 1000 / Math.Max(megabytes, 1e-3) * 1000;
        }

        yield return new PhaseResult($"c{Connections}", values);
    }

    private sealed class EchoTraffic : Traffic
    {
        private readonly EchoScenario _scenario;
        private readonly Dictionary<long, long> _sentAt = [];
        private readonly long _end;
        private long _next;

        public EchoTraffic(EchoScenario scenario, IReadOnlyList<LoadClient> clients, TimeSpan duration, long first)
        {
            _scenario = scenario;
            _next = first;
            _end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
            foreach (var client in clients)
            {
                for (var i = 0; i < scenario.Outstanding; i++)
                {
                    Ask(client);
                }
            }
        }

        public LatencyHistogram Latency { get; } = new();

        public long NextSequence => _next;

        public long Answered { get; private set; }

        public int Unanswered => _sentAt.Count;

        public override void OnMark(LoadClient client, long sequence, long now)
        {
            if (_sentAt.Remove(sequence, out var sentAt) && now < _end)
            {
                Latency.Record(now - sentAt);
                Answered++;
                Ask(client);
            }
        }

        public override int OnTurn(long now) => 10;

        public override bool IsMeasuring(long now) => now < _end;

        public override bool IsDone(long now) => now >= _end && (Unanswered == 0 || now > _end + (2 * Stopwatch.Frequency));

        private void Ask(LoadClient client)
        {
            client.NextSequence = _next;
            _sentAt[_next] = Stopwatch.GetTimestamp();
            client.Protocol.Echo(client, _scenario.PayloadBytes, _next++);
        }
    }
}
