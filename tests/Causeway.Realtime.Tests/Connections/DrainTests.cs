using System.Globalization;

namespace Causeway.Realtime.Tests;

/// <summary>A6: everybody is sent away in order, and told when to come back.</summary>
public sealed class DrainTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Drain_FewConnections_AreToldToComeBackAndClosedWith1012()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();
        await client.JoinAsync("general");
        using var stream = await server.StreamAsync("room=general");
        await stream.ReadAsync("connected");

        var drain = server.Connections.DrainAsync(Window);

        var reconnect = await client.NextAsync("reconnect");
        Assert.Equal(["after_ms", "reason"], reconnect.Fields());
        Assert.Equal("draining", reconnect.Text("reason"));
        Assert.InRange(reconnect.Number("after_ms"), 250, 2_000);
        Assert.Equal(1012, (await client.Closed.Within()).Code);
        Assert.InRange((await stream.ReadAnyAsync())!.RetryMilliseconds!.Value, 250, 2_000);
        Assert.InRange((await stream.ReadAsync("shutdown")).Message.Number("after_ms"), 250, 2_000);
        Assert.Null(await stream.ReadAsync());
        await drain.Within();
        Assert.Equal(0, server.Connections.Count);
        Assert.Same(drain, server.Connections.DrainAsync(Window));
    }

    [Fact]
    public async Task Drain_UnderWay_RefusesNewcomersSoThatTheyComeBack()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time: time);
        using var last = await server.ConnectRawAsync();
        var drain = server.Connections.DrainAsync(Window);
        await Eventually.True(() => server.Connections.Count == 0);
        Assert.False(drain.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(3));

        var upgrade = await server.TryUpgradeAsync();
        var preflight = await server.Http.GetAsync(new Uri("/ws?preflight=1", UriKind.Relative), TestContext.Current.CancellationToken);
        using var stream = await server.StreamAsync("room=general");

        Assert.Equal((503, "DRAINING"), (upgrade.Status, upgrade.ErrorCode));
        Assert.InRange(int.Parse(upgrade.Header("Retry-After")!, CultureInfo.InvariantCulture), 5, 8);
        Assert.Equal(503, (int)preflight.StatusCode);
        Assert.Equal(200, stream.Head.Status);
        Assert.Equal("text/event-stream", stream.Head.Header("Content-Type"));
        Assert.InRange((await stream.ReadAnyAsync())!.RetryMilliseconds!.Value, 7_250, 9_000);
        Assert.Equal("shutdown", (await stream.ReadAsync())!.Event);
        Assert.Null(await stream.ReadAnyAsync());

        Assert.Equal(1012, (await last.ReadCloseAsync()).Code);
        await drain.Within();
    }

    [Fact]
    public async Task Drain_ManyConnections_LeaveInBatches()
    {
        using var core = new LoneCore();
        var lines = Enumerable.Range(0, 250).Select(_ => core.Connect()).ToArray();
        var drain = core.Core.Connections.DrainAsync(Window);

        foreach (var gone in new[] { 100, 200 })
        {
            await core.Time.AdvanceWhenAsleep(TimeSpan.Zero, timers: 2);
            await core.SettleAsync();
            Assert.Equal(gone, lines.Count(static line => line.CloseCode == 1012));
            core.Time.Advance(TimeSpan.FromMilliseconds(250));
        }

        await Eventually.Equal(250, () => lines.Count(static line => line.CloseCode == 1012));
        var delays = lines.Select(static line => line.Heard.Single(static message => message.Type == "reconnect").Number("after_ms")).ToArray();
        Assert.All(delays, static delay => Assert.InRange(delay, 9_500, 12_000));
        Assert.True(delays.Distinct().Count() > 50);
        foreach (var line in lines)
        {
            line.Close();
        }

        await core.Time.AdvanceWhenAsleep(TimeSpan.FromMilliseconds(250), timers: 2);
        await drain.Within();
    }

    [Fact]
    public async Task Drain_PeerThatNeverAnswers_IsResetAndDoesNotHoldUp()
    {
        using var core = new LoneCore();
        var stuck = core.Connect();
        stuck.Outlet.Choke();
        var drain = core.Core.Connections.DrainAsync(TimeSpan.FromSeconds(4));

        await core.Time.AdvanceWhenAsleep(TimeSpan.FromSeconds(4), timers: 2);
        await drain.Within();
        await core.SettleAsync();

        Assert.True(stuck.Outlet.WasReset);
        Assert.True(stuck.Connection.HasEnded);
    }

    [Fact]
    public async Task Drain_Cancelled_CutsTheRest()
    {
        using var core = new LoneCore();
        using var cancellation = new CancellationTokenSource();
        var silent = core.Connect();
        var drain = core.Core.Connections.DrainAsync(Window, cancellation.Token);
        await Eventually.Equal(1012, () => silent.CloseCode);
        Assert.False(drain.IsCompleted);

        await cancellation.CancelAsync();

        await drain.Within();
        Assert.True(silent.Outlet.WasReset);
        await core.Logs.WaitFor("DrainCut");
    }

    [Fact]
    public async Task Drain_WhatWaitsForASlowClient_IsSentBeforeTheNotice()
    {
        using var core = new LoneCore();
        var line = core.Connect();
        line.Join("general");
        await core.SettleAsync();
        line.Outlet.Choke();
        core.Publish("general", 1);
        core.Publish("general", 2);
        await core.SettleAsync();

        var drain = core.Core.Connections.DrainAsync(Window);
        await Eventually.True(() => core.Core.Connections.Count == 0);
        line.Outlet.Open();
        await core.SettleAsync();

        Assert.Equal(["ack", "chat", "chat", "reconnect"], line.Heard.Select(static message => message.Type));
        Assert.Equal(1012, line.CloseCode);
        line.Close();
        await drain.Within();
    }

    [Fact]
    public async Task Drain_WhoSlipsIn_IsSentAwayToo()
    {
        using var core = new LoneCore();
        await core.Core.Connections.DrainAsync(Window).Within();

        var late = core.Connect();
        await core.SettleAsync();

        Assert.Equal("reconnect", Assert.Single(late.Heard).Type);
        Assert.Equal(1012, late.CloseCode);
    }

    [Fact]
    public async Task Stop_HostWithOpenLines_DrainsThem()
    {
        var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();
        using var stream = await server.StreamAsync("room=general");
        await stream.ReadAsync("connected");

        await server.DisposeAsync();

        Assert.Equal(1012, (await client.Closed.Within()).Code);
        Assert.Equal("shutdown", (await stream.ReadAsync())!.Event);
        Assert.Null(await stream.ReadAsync());
    }
}
