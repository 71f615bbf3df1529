namespace Causeway.Realtime.Tests;

/// <summary>D5: who is silent, and who is gone.</summary>
public sealed class HeartbeatTests
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    [Fact]
    public async Task Ping_Answered_LivesForEver()
    {
        using var core = new LoneCore();
        var line = core.Connect();

        for (var beat = 1; beat <= 30; beat++)
        {
            await core.AdvanceAsync(Heartbeat);
            Assert.Equal(beat, line.Pings);
            line.Pong();
        }

        Assert.Null(line.CloseCode);
    }

    [Fact]
    public async Task Ping_UnansweredWhenTheNextIsDue_ClosesWith4003()
    {
        using var core = new LoneCore();
        var line = core.Connect();

        await core.AdvanceAsync(Heartbeat);
        await core.AdvanceAsync(Heartbeat - Tick);
        Assert.Null(line.CloseCode);
        await core.AdvanceAsync(Tick);

        Assert.Equal(4003, line.CloseCode);
        Assert.Equal(1, line.Pings);
        Assert.Equal(0, core.Core.Connections.Count);
    }

    [Fact]
    public async Task Ping_AnsweredByAnyMessage_Lives()
    {
        using var core = new LoneCore();
        var line = core.Connect();

        for (var beat = 1; beat <= 4; beat++)
        {
            await core.AdvanceAsync(Heartbeat);
            line.Say("ping");
        }

        Assert.Null(line.CloseCode);
    }

    [Fact]
    public async Task Idle_LongerThanAllowed_ClosesWhateverTheHeartbeat()
    {
        using var core = new LoneCore(static options => (options.HeartbeatSeconds, options.IdleTimeoutSeconds) = (100, 10));
        var silent = core.Connect();
        var speaking = core.Connect();

        await core.AdvanceAsync(TimeSpan.FromSeconds(9.75));
        speaking.Say("ping");
        Assert.Null(silent.CloseCode);
        await core.AdvanceAsync(Tick);

        Assert.Equal(4003, silent.CloseCode);
        Assert.Null(speaking.CloseCode);
        await core.AdvanceAsync(TimeSpan.FromSeconds(9.75));
        Assert.Equal(4003, speaking.CloseCode);
    }

    [Fact]
    public async Task Beats_LongerThanTheWheelsTurn_StillCome()
    {
        using var core = new LoneCore(static options => (options.HeartbeatSeconds, options.IdleTimeoutSeconds) = (200, 1_000));
        var line = core.Connect();

        await core.AdvanceAsync(TimeSpan.FromSeconds(199.75));
        Assert.Equal(0, line.Pings);
        await core.AdvanceAsync(Tick);

        Assert.Equal(1, line.Pings);
    }

    [Fact]
    public async Task Close_UnansweredByThePeer_IsAResetAfter5Seconds()
    {
        using var core = new LoneCore();
        var line = core.Connect();
        core.Core.Connections.Disconnect(line.Connection.Id, CloseReason.DisconnectedByOperator);
        await core.SettleAsync();

        Assert.Equal(4502, line.CloseCode);
        await core.AdvanceAsync(TimeSpan.FromSeconds(4.75));
        Assert.False(line.Outlet.WasReset);
        await core.AdvanceAsync(Tick);

        Assert.True(line.Outlet.WasReset);
        Assert.True(line.Connection.HasEnded);
    }

    [Fact]
    public async Task Close_ThatCannotBeHandedOver_IsAResetAfter1Second()
    {
        using var core = new LoneCore();
        var line = core.Connect();
        line.Outlet.Choke();
        core.Core.Connections.Disconnect(line.Connection.Id, CloseReason.DisconnectedByOperator);

        await core.AdvanceAsync(TimeSpan.FromSeconds(0.75));
        Assert.False(line.Outlet.WasReset);
        await core.AdvanceAsync(Tick);

        Assert.True(line.Outlet.WasReset);
        Assert.True(line.Connection.HasEnded);
        Assert.Equal(0, core.Core.Metrics.BacklogBytes);
    }

    [Fact]
    public async Task Close_Answered_EndsWithoutAReset()
    {
        using var core = new LoneCore();
        var closed = core.Connect();
        var leaving = core.Connect();
        core.Core.Connections.Disconnect(closed.Connection.Id, CloseReason.DisconnectedByOperator);
        await core.SettleAsync();

        closed.Close();
        leaving.Close();
        await core.SettleAsync();

        Assert.All([closed, leaving], static line =>
        {
            Assert.False(line.Outlet.WasReset);
            Assert.True(line.Connection.HasEnded);
        });
        Assert.Equal(1000, leaving.CloseCode);
        await core.AdvanceAsync(TimeSpan.FromMinutes(5));
        Assert.All([closed, leaving], static line => Assert.False(line.Outlet.WasReset));
        core.Logs.AssertQuiet();
    }

    [Fact]
    public async Task Ping_OverTheWire_FindsADeadPeer()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time: time);
        await using var alive = await server.ConnectAsync();
        await using var dead = await server.ConnectAsync();
        dead.AnswersPings = false;

        time.Advance(Heartbeat);
        await Eventually.True(() => alive.Pings == 1 && dead.Pings == 1);
        await Eventually.True(() => server.Core.Connections.All.Count(static connection => connection.HeardSincePing) == 1);
        time.Advance(Heartbeat);

        Assert.Equal(4003, (await dead.Closed.Within()).Code);
        await Eventually.Equal(2, () => alive.Pings);
        Assert.Equal("pong", (await alive.PingAsync()).Type);
    }

    [Fact]
    public async Task Ping_FromTheClient_IsAnsweredWithItsPayload()
    {
        await using var server = await LiveServer.StartAsync();
        using var socket = await server.ConnectRawAsync();

        await socket.SendAsync(new WireFrame(WireOpcode.Ping, [7, 8, 9]));
        var pong = await socket.ReadFrameAsync();

        Assert.Equal(WireOpcode.Pong, pong!.Opcode);
        Assert.Equal([7, 8, 9], pong.Payload);
    }
}
