using Causeway.Bench.Load;

namespace Causeway.Bench.Scenarios;

/// <summary>All that can be measured, in the order of the report.</summary>
internal static class ScenarioCatalog
{
    private const int EveryRound = int.MaxValue;

    public static IReadOnlyList<Scenario> All { get; } =
    [
        new FanOutScenario("fanout1000", "Fan-out to 1,000 subscribers, 128-byte payload", 1_000, EveryRound) { Rate = 30 },
        new FanOutScenario("fanout100", "Fan-out to 100 subscribers, 128-byte payload", 100, 3) { Rate = 30 },
        new FanOutScenario("fanout5000", "Fan-out to 5,000 subscribers, 128-byte payload", 5_000, 3) { Rate = 5, IsQuick = false },
        new FanOutScenario("slow1000", "Fan-out to 1,000 subscribers with ten more (1 %) that read 10 KB/s each", 1_000, 3) { Rate = 30, SlowReaders = 10, IsQuick = false },
        new StuckScenario("stuck200", "200 readers of 4 KB messages at 100/s, of which ten stop reading for good", EveryRound),
        new FanOutScenario("sse500", "Server-Sent Events to 500 streams, 128-byte payload", 500, EveryRound) { Role = Role.EventStream, Windows = [1] },
        new EchoScenario("echo50", "Request and answer on 50 connections, one outstanding each, 128-byte payload", EveryRound),
        new IdleScenario("idle5000", "5,000 idle connections", 5_000, EveryRound),
        new IdleScenario("idle10000", "10,000 idle connections", 10_000, 2) { IsQuick = false },
        new EchoScenario("proxy1k", "HTTP through a relay: 1 KB answers on 50 connections, one request outstanding each", EveryRound) { IsForRelays = true, Role = Role.Fetch, PayloadBytes = 1024 },
        new EchoScenario("proxy1m", "HTTP through a relay: 1 MB answers on 4 connections, one request outstanding each", EveryRound) { IsForRelays = true, Role = Role.Fetch, Connections = 4, PayloadBytes = 1024 * 1024 },
        new EchoScenario("relay-small", "WebSocket through a relay: 128-byte messages there and back on 50 connections, one outstanding each", EveryRound) { IsForRelays = true },
        new EchoScenario("relay-big", "WebSocket through a relay: 256 KB messages there and back on 2 connections, two outstanding each", EveryRound) { IsForRelays = true, Connections = 2, Outstanding = 2, PayloadBytes = 256 * 1024 },
        new IdleScenario("relay-idle", "1,000 idle WebSockets through a relay", 1_000, EveryRound) { IsForRelays = true, First = 50 },
    ];
}
