namespace Causeway.Realtime.Tests;

/// <summary>D4: who is in a room, each user once.</summary>
public sealed class PresenceTests
{
    private const string Room = "general";

    [Fact]
    public async Task Join_NewUser_IsToldToTheOthersAlone()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob;name=Bob");
        await ann.JoinAsync(Room);

        var ack = await bob.JoinAsync(Room);
        var joined = await ann.NextAsync();

        Assert.Equal(["ann×1", "bob×1"], ack.Members());
        Assert.Equal("user_joined", joined.Type);
        Assert.Equal(["room_id", "user_id", "name", "devices"], joined.Fields());
        Assert.Equal((Room, "bob", "Bob", 1), (joined.Text("room_id"), joined.Text("user_id"), joined.Text("name"), joined.Number("devices")));
        Assert.Equal(Room, joined.RoomId);
        Assert.False(joined.Json.TryGetProperty("offset", out _));
        await bob.PingAsync();
        Assert.Equal(0, bob.Waiting);
        Assert.Equal(0, server.Rooms.Find(RoomId.Parse(Room))!.HistoryCount);
    }

    [Fact]
    public async Task Join_SecondDevice_IsCountedAndNotTold()
    {
        using var core = new LoneCore();
        var ann = core.Connect("ann");
        ann.Join(Room);
        await core.SettleAsync();
        var phone = core.Connect("bob");
        phone.Join(Room);
        var desk = core.Connect("bob");
        desk.Join(Room);
        await core.SettleAsync();

        Assert.Equal(["ann×1", "bob×2"], desk.Heard.Single(static message => message.Ref == "join").Members());
        Assert.Equal(2, desk.Heard.Single(static message => message.Ref == "join").Number("member_count"));
        Assert.Single(ann.Heard, static message => message.Type == "user_joined");

        phone.Say("leave_room", Room);
        await core.AdvanceAsync(TimeSpan.FromSeconds(6));
        Assert.DoesNotContain(ann.Heard, static message => message.Type == "user_left");
        ann.Say("presence", Room, reference: "who");
        await core.SettleAsync();
        Assert.Equal(["ann×1", "bob×1"], ann.Heard[^1].Members());
    }

    [Fact]
    public async Task Leave_ForGood_IsToldAfterTheGrace()
    {
        using var core = new LoneCore();
        var ann = core.Connect("ann");
        ann.Join(Room);
        var bob = core.Connect("bob;name=Bob");
        bob.Join(Room);
        await core.SettleAsync();

        bob.Cut();
        await core.SettleAsync();
        ann.Say("presence", Room);
        await core.AdvanceAsync(TimeSpan.FromSeconds(4.75));

        Assert.Equal(["ann×1", "bob×0"], ann.Heard[^1].Members());
        Assert.Equal(2, ann.Heard[^1].Number("member_count"));
        Assert.DoesNotContain(ann.Heard, static message => message.Type == "user_left");

        await core.AdvanceAsync(TimeSpan.FromSeconds(0.25));

        var left = ann.Heard.Single(static message => message.Type == "user_left");
        Assert.Equal((Room, "bob", "Bob", 0), (left.Text("room_id"), left.Text("user_id"), left.Text("name"), left.Number("devices")));
    }

    [Fact]
    public async Task Leave_BackWithinTheGrace_CausesNeitherEvent()
    {
        using var core = new LoneCore();
        var ann = core.Connect("ann");
        ann.Join(Room);
        await core.SettleAsync();
        var bob = core.Connect("bob");
        bob.Join(Room);
        await core.SettleAsync();

        // Away twice, and back each time: the first absence's end must not end the second.
        bob.Cut();
        await core.SettleAsync();
        await core.AdvanceAsync(TimeSpan.FromSeconds(4));
        bob = core.Connect("bob");
        bob.Join(Room);
        await core.SettleAsync();
        bob.Say("leave_room", Room);
        await core.SettleAsync();
        await core.AdvanceAsync(TimeSpan.FromSeconds(4));
        bob.Join(Room);
        await core.AdvanceAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(["user_joined"], ann.Heard.Where(static message => message.Ref is null).Select(static message => message.Type));
        Assert.Equal(["ann×1", "bob×1"], bob.Heard[^1].Members());
    }

    [Fact]
    public async Task Presence_WithinTheGrace_CountsThemForMembersAndForNobodyElse()
    {
        using var core = new LoneCore();
        var (ann, outsider) = (core.Connect("ann"), core.Connect("eve"));
        ann.Join(Room);
        var bob = core.Connect("bob");
        bob.Join(Room);
        await core.SettleAsync();
        bob.Cut();
        await core.SettleAsync();

        // A member hears nothing when bob is back: whoever takes this answer for the list must have him.
        ann.Say("presence", Room);
        outsider.Say("presence", Room);
        await core.SettleAsync();

        Assert.Equal(["ann×1", "bob×0"], ann.Heard[^1].Members());
        Assert.Equal(["ann×1"], outsider.Heard[^1].Members());
        Assert.Single(core.Core.Rooms.Members(RoomId.Parse(Room))!);
    }

    [Fact]
    public async Task Leave_LastInTheRoom_LeavesNothingBehind()
    {
        using var core = new LoneCore();
        var ann = core.Connect("ann");
        core.Publish(Room, 1);
        ann.Join(Room);
        await core.SettleAsync();
        ann.Cut();
        await core.SettleAsync();

        var bob = core.Connect("bob");
        bob.Join(Room);
        await core.AdvanceAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(["bob×1"], bob.Heard.Single(static message => message.Ref == "join").Members());
        Assert.DoesNotContain(bob.Heard, static message => message.Type is "user_left");
    }

    [Fact]
    public async Task Join_WithoutIdentity_IsOneEntryAndNoEvent()
    {
        using var core = new LoneCore();
        var ann = core.Connect("ann");
        ann.Join(Room);
        await core.SettleAsync();
        var nobody = core.Connect();
        nobody.Join(Room);
        core.Connect().Join(Room);
        await core.SettleAsync();

        ann.Say("presence", Room, reference: "who");
        await core.SettleAsync();
        Assert.Equal(["-×2", "ann×1"], ann.Heard[^1].Members());
        Assert.Equal(2, ann.Heard[^1].Number("member_count"));

        nobody.Cut();
        await core.AdvanceAsync(TimeSpan.FromSeconds(10));
        ann.Say("presence", Room, reference: "again");
        await core.SettleAsync();

        Assert.Equal(["-×1", "ann×1"], ann.Heard[^1].Members());
        Assert.DoesNotContain(ann.Heard, static message => message.Type is "user_joined" or "user_left");
    }

    [Fact]
    public async Task Join_BeyondAThousandMembers_TellsNobodyAndStillAnswers()
    {
        using var core = new LoneCore(static options => options.MaxConnectionsPerAddress = 2_000);
        var watcher = core.Connect("a");
        watcher.Join(Room);
        await core.SettleAsync();
        for (var n = 1; n <= 1_000; n++)
        {
            core.Connect($"u{n:0000}").Join(Room);
        }

        await core.SettleAsync();
        Assert.Equal(999, watcher.Heard.Count(static message => message.Type == "user_joined"));

        watcher.Say("presence", Room, reference: "who");
        await core.SettleAsync();
        var answer = watcher.Heard[^1];
        Assert.Equal(1_001, answer.Number("member_count"));
        Assert.Equal(1_000, answer.Members().Count());

        watcher.Join(Room);
        await core.SettleAsync();
        Assert.Equal(100, watcher.Heard[^1].Members().Count());
    }

    [Fact]
    public async Task Presence_NamespaceWithout_IsForbiddenAndSilent()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["quiet"] = new() { Presence = false });
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        await ann.JoinAsync("quiet:x");
        await bob.JoinAsync("quiet:x");

        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("presence", room: "quiet:x")).ErrorCode);
        Assert.Equal(0, ann.Waiting);
    }

    [Fact]
    public async Task Presence_RoomOfNobody_IsEmpty()
    {
        await using var server = await LiveServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var answer = await client.RequestAsync("presence", room: "nowhere");

        Assert.Equal(["status", "room_id", "members", "member_count"], answer.Fields());
        Assert.Empty(answer.Members());
        Assert.Equal(0, server.Rooms.Count);
    }
}
