namespace Causeway.Realtime.Tests;

/// <summary>D5, D11: credentials that end, and their successors.</summary>
public sealed class CredentialTests
{
    [Fact]
    public async Task Expiry_IsAnnouncedOnceAMinuteBefore()
    {
        using var core = new LoneCore(static options => (options.HeartbeatSeconds, options.IdleTimeoutSeconds) = (3_600, 3_600));
        var line = core.Connect("ann;seconds=200");

        await core.AdvanceAsync(TimeSpan.FromSeconds(139.75));
        Assert.Empty(line.Heard);
        await core.AdvanceAsync(TimeSpan.FromSeconds(0.25));
        Assert.Equal(60, Assert.Single(line.Heard).Number("expires_in_seconds"));
        await core.AdvanceAsync(TimeSpan.FromSeconds(59.75));
        Assert.Equal("token_expiring", Assert.Single(line.Heard).Type);
        Assert.Null(line.CloseCode);

        await core.AdvanceAsync(TimeSpan.FromSeconds(0.25));
        Assert.Equal(4001, line.CloseCode);
    }

    [Fact]
    public async Task Expiry_WithinTheMinute_IsAnnouncedAtOnce()
    {
        using var core = new LoneCore();
        var line = core.Connect("ann;seconds=20");

        await core.AdvanceAsync(TimeSpan.FromSeconds(0.25));

        Assert.Equal(20, Assert.Single(line.Heard).Number("expires_in_seconds"));
    }

    [Fact]
    public async Task Refresh_SameUser_TakesTheNewEndAndPermissions()
    {
        using var core = new LoneCore(static options =>
        {
            (options.HeartbeatSeconds, options.IdleTimeoutSeconds) = (3_600, 3_600);
            options.Namespaces["ns"] = new() { Join = JoinRule.Permission };
        });
        var line = core.Connect("ann;seconds=100");
        await core.AdvanceAsync(TimeSpan.FromSeconds(50));

        line.Say("refresh_token", payload: new() { ["access_token"] = "ann;seconds=100;may=join:ns:*" }, reference: "r");
        line.Join("ns:x");
        await core.AdvanceAsync(TimeSpan.FromSeconds(90));

        Assert.Equal(["token_expiring", "ack", "ack", "token_expiring"], line.Heard.Select(static message => message.Type));
        Assert.Equal(["status"], line.Heard[1].Fields());
        Assert.Null(line.CloseCode);
        await core.AdvanceAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(4001, line.CloseCode);
    }

    [Fact]
    public async Task Refresh_ToOneThatNeverEnds_Stays()
    {
        using var core = new LoneCore(static options => (options.HeartbeatSeconds, options.IdleTimeoutSeconds) = (3_600, 3_600));
        var line = core.Connect("ann;seconds=100");

        line.Say("refresh_token", payload: new() { ["access_token"] = "ann" });
        await core.AdvanceAsync(TimeSpan.FromMinutes(10));

        Assert.Null(line.CloseCode);
    }

    [Theory]
    [InlineData("ann", """{"access_token":"bob"}""", "FORBIDDEN")]
    [InlineData("-", """{"access_token":"bob"}""", "FORBIDDEN")]
    [InlineData("ann", """{"access_token":"-"}""", "FORBIDDEN")]
    [InlineData("ann", """{"access_token":"bad"}""", "UNAUTHORIZED")]
    [InlineData("ann", """{"access_token":"ann;seconds=-1"}""", "UNAUTHORIZED")]
    [InlineData("ann", """{"access_token":"broken"}""", "INTERNAL_ERROR")]
    [InlineData("ann", """{"access_token":""}""", "VALIDATION_ERROR")]
    [InlineData("ann", """{"access_token":5}""", "VALIDATION_ERROR")]
    [InlineData("ann", """{"access_token":"\ud800"}""", "VALIDATION_ERROR")]
    [InlineData("ann", """{"other":{"access_token":"ann"}}""", "VALIDATION_ERROR")]
    public async Task Refresh_WithWhatIsOfNoUse_IsRefusedAndTheConnectionLivesOn(string credential, string payload, string code)
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync(credential);

        await client.Socket.SendTextAsync($$"""{"type":"refresh_token","payload":{{payload}}}""");
        var answer = await client.NextAsync();

        Assert.Equal(code, answer.ErrorCode);
        Assert.DoesNotContain("keys", answer.ToString(), StringComparison.Ordinal);
        Assert.Equal("pong", (await client.PingAsync()).Type);
    }

    [Fact]
    public async Task Stream_Silent_GetsACommentEvery15Seconds()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time: time);
        using var stream = await server.StreamAsync("room=general");
        await stream.ReadAsync("connected");

        for (var beat = 0; beat < 3; beat++)
        {
            time.Advance(TimeSpan.FromSeconds(15));
            var block = await stream.ReadAnyAsync();
            Assert.Equal("", block!.Comment);
            Assert.Null(block.Data);
        }
    }

    [Fact]
    public async Task Stream_CredentialEnds_IsToldAndEnded()
    {
        var time = new ManualTime();
        await using var server = await LiveServer.StartAsync(time: time);
        using var stream = await server.StreamAsync("room=general", credential: "ann;seconds=20");
        await stream.ReadAsync("connected");

        time.Advance(TimeSpan.FromSeconds(0.25));
        Assert.Equal(20, (await stream.ReadAsync("token_expiring")).Message.Number("expires_in_seconds"));
        time.Advance(TimeSpan.FromSeconds(20));

        Assert.Null(await stream.ReadAsync());
        await Eventually.Equal(0, () => server.Connections.Count);
    }
}
