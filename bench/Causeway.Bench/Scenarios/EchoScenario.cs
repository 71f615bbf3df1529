using System.Diagnostics;
using Causeway.Bench.Load;
using Causeway.Bench.Report;

namespace Causeway.Bench.Scenarios;

/// <summary>Fifty connections, each with one question on the way: request and answer, no room.</summary>
internal sealed class EchoScenario(string name, string description, int maxRounds) : Scenario(name, description, maxRounds)
{
    private const int Connections = 50;
    private const int PayloadBytes = 128;

    public override IEnumerable<PhaseResult> Run(Session session)
    {
        var clients = session.Load.Open(Connections, Role.Echo, TimeSpan.FromSeconds(10));
        var warmUp = new EchoTraffic(clients, session.Pace.WarmUp, 1);
        session.Measure(warmUp);
        var traffic = new EchoTraffic(clients, session.Pace.Phase, warmUp.NextSequence);
        var use = session.Measure(traffic);
        yield return new PhaseResult("c50", new Dictionary<string, double>
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
        });
    }

    private sealed class EchoTraffic : Traffic
    {
        private readonly long _end;
        private long _next;

        public EchoTraffic(IReadOnlyList<LoadClient> clients, TimeSpan duration, long first)
        {
            _next = first;
            _end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
            foreach (var client in clients)
            {
                Ask(client);
            }
        }

        public LatencyHistogram Latency { get; } = new();

        public long NextSequence => _next;

        public long Answered { get; private set; }

        public int Unanswered { get; private set; }

        public override void OnMark(LoadClient client, long sequence, long now)
        {
            if (sequence != client.NextSequence)
            {
                return;
            }

            client.NextSequence = 0;
            Unanswered--;
            if (now < _end)
            {
                Latency.Record(now - client.SentAt);
                Answered++;
                Ask(client);
            }
        }

        public override int OnTurn(long now) => 10;

        public override bool IsMeasuring(long now) => now < _end;

        public override bool IsDone(long now) => now >= _end && (Unanswered == 0 || now > _end + (2 * Stopwatch.Frequency));

        private void Ask(LoadClient client)
        {
            Unanswered++;
            client.NextSequence = _next;
            client.SentAt = Stopwatch.GetTimestamp();
            client.Protocol.Echo(client, PayloadBytes, _next++);
        }
    }
}
