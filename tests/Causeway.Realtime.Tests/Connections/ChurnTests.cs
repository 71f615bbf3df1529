namespace Causeway.Realtime.Tests;

/// <summary>D1: whatever comes and goes leaves nothing behind.</summary>
public sealed class ChurnTests
{
    [Fact]
    public async Task Churn_TenThousandConnections_LeaveNothing()
    {
        const int AtOnce = 100;
        using var core = new LoneCore(static options =>
        {
            // A place that is not given back keeps the next one out.
            options.MaxConnectionsPerUser = 1;
            options.MaxConnectionsPerAddress = AtOnce;
            options.Namespaces["said"] = new() { HistorySeconds = 10 };
        });

        for (var round = 0; round < 100; round++)
        {
            var lines = Enumerable.Range(0, AtOnce).Select(n => core.Connect(n % 10 == 0 ? "-" : $"u{n}")).ToArray();
            for (var n = 0; n < AtOnce; n++)
            {
                lines[n].Join($"quiet-{n % 7}");
                lines[n].Join($"said:{n % 5}");
                if (n % 20 == 0)
                {
                    lines[n].Say("chat", $"said:{n % 5}");
                }
            }

            if (round % 2 == 0)
            {
                await core.SettleAsync();
            }

            for (var n = 0; n < AtOnce; n++)
            {
                End(core, lines[n], (n + round) % 3);
            }

            await core.SettleAsync();
        }

        Assert.Equal(0, core.Core.Connections.Count);
        Assert.Equal((0, 0), (core.Core.Connections.Statistics.WebSockets, core.Core.Connections.Statistics.BacklogBytes));
        Assert.Equal(0, core.Core.Connections.SendToUser("u1", "note", "{}"u8.ToArray()).Connections);
        Assert.All(core.Core.Rooms.List(), static room => Assert.Equal("said", room.Id.Namespace));
        await core.AdvanceAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(0, core.Core.Rooms.Count);
        core.Logs.AssertQuiet();
    }

    [Fact]
    public async Task Churn_OverSockets_LeavesNothing()
    {
        await using var server = await LiveServer.StartAsync(static options => (options.MaxConnectionsPerUser, options.MaxConnectionsPerAddress) = (1, 20));

        for (var round = 0; round < 15; round++)
        {
            var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => server.ConnectAsync($"u{n}")));
            await Task.WhenAll(clients.Select((client, n) => client.JoinAsync($"room-{n % 3}")));
            await Task.WhenAll(clients.Select((client, n) => n % 2 == 0 ? (Task)client.CloseAsync() : Task.Run(client.Abort)));
            await Task.WhenAll(clients.Select(static client => client.DisposeAsync().AsTask()));
            await Eventually.Equal(0, () => server.Connections.Count);
        }

        await Eventually.Equal(0, () => server.Rooms.Count);
        server.Logs.AssertQuiet();
    }

    private static void End(LoneCore core, TestLine line, int how)
    {
        switch (how)
        {
            case 0:
                line.Cut();
                break;
            case 1:
                line.Close();
                break;
            default:
                core.Core.Connections.Disconnect(line.Connection.Id, CloseReason.DisconnectedByOperator);
                line.Close();
                break;
        }
    }
}
