using System.Diagnostics;
using Causeway.Data;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Rooms;

/// <summary>D3, E3: rooms that are stored, with rules and members of their own, on both databases.</summary>
public sealed class StoredRoomTests
{
    private const string Closed = """
        { "Realtime": { "Namespaces": {
            "default": { "Join": "authenticated" },
            "team": { "Join": "members", "AutoCreate": false },
            "own": { "Join": "members", "Create": "authenticated", "AutoCreate": false },
            "may": { "Create": "permission" } } } }
        """;

    public static TheoryData<DatabaseProvider> Both => RoomNodes.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Restart_RoomsRulesAndMembers_AreThereBeforeAnybodyComes(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, Closed);
        var first = await nodes.StartAsync();
        (await first.CreateRoomAsync("team:red", """
            , "title":"Red","description":"For the red ones.","settings":{"publish":"server","max_members":1},"allowed_users":["ann","bob"]
            """)).AssertStatus(201);
        await first.SetRoleAsync("team:red", "cid", "owner");
        var before = (await first.GetAsync("/api/v1/rooms/team:red", first.AdminToken)).AssertStatus(200).GetRawText();
        await nodes.StopAsync(first);

        var node = await nodes.StartAsync();
        var after = (await node.GetAsync("/api/v1/rooms/team:red", node.AdminToken)).AssertStatus(200);
        await using var ann = await node.ConnectAsync(node.TokenFor("ann"));
        await using var bob = await node.ConnectAsync(node.TokenFor("bob"));
        await using var dan = await node.ConnectAsync(node.TokenFor("dan"));

        Assert.Equal(before, after.GetRawText());
        Assert.Equal(["ann", "bob", "cid"], after.GetProperty("allowed_users").Strings());
        Assert.Equal("server", after.GetProperty("settings").GetProperty("publish").GetString());
        Assert.Equal("FORBIDDEN", (await dan.RequestAsync("join_room", room: "team:red")).ErrorCode);
        await ann.JoinAsync("team:red");
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("chat", room: "team:red")).ErrorCode);
        Assert.Equal("ROOM_FULL", (await bob.RequestAsync("join_room", room: "team:red")).ErrorCode);
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("join_room", room: "team:blue")).ErrorCode);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Role_TakenOrChanged_CountsWithinASecondOnEveryNode(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, Closed);
        var here = await nodes.StartAsync();
        var there = provider == DatabaseProvider.Postgres ? await nodes.StartAsync() : here;
        await here.CreateRoomAsync("team:red", """, "allowed_users":["ann","bob"] """);
        await using var ann = await there.ConnectAsync(there.TokenFor("ann"));
        await using var bob = await there.ConnectAsync(there.TokenFor("bob"));
        await ann.JoinAsync("team:red");
        await bob.JoinAsync("team:red");
        using var stream = await there.StreamAsync("team:red", there.TokenFor("ann"));
        await stream.ReadAsync("connected");

        var clock = Stopwatch.StartNew();
        (await here.TakeRoleAsync("team:red", "ann")).AssertStatus(204);
        await ann.NextAsync("kicked");
        await stream.ReadAsync("kicked");
        var kicked = clock.Elapsed;
        (await here.SetRoleAsync("team:red", "bob", "reader")).AssertStatus(200);
        clock.Restart();
        await Eventually.True(async () => (await bob.RequestAsync("chat", room: "team:red")).ErrorCode == "FORBIDDEN", what: "bob may publish no more");

        Assert.InRange(kicked, TimeSpan.Zero, Slack);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, Slack);
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("join_room", room: "team:red")).ErrorCode);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Delete_Room_IsClosedOnEveryNodeAndANewOneIsAnother(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, Closed);
        var here = await nodes.StartAsync();
        var there = provider == DatabaseProvider.Postgres ? await nodes.StartAsync() : here;
        await here.CreateRoomAsync("team:red", """, "allowed_users":["ann"] """);
        await using var ann = await there.ConnectAsync(there.TokenFor("ann"));
        await ann.JoinAsync("team:red");
        await there.PostAsync("/api/v1/rooms/team:red/messages", """{"type":"t"}""", there.AdminToken);

        (await here.SendAsync(HttpMethod.Delete, "/api/v1/rooms/team:red?reason=over", null, here.AdminToken)).AssertStatus(204);

        Assert.Equal("over", (await ann.NextAsync("room_closed")).Payload.GetProperty("reason").GetString());
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("join_room", room: "team:red")).ErrorCode);
        (await there.GetAsync("/api/v1/rooms/team:red", there.AdminToken)).AssertError(404, "ROOM_NOT_FOUND");
        (await here.CreateRoomAsync("team:red", """, "allowed_users":["ann"] """)).AssertStatus(201);
        Assert.Equal(0, (await ann.JoinAsync("team:red")).Payload.GetProperty("offset").GetInt64());
    }

    /// <summary>The other node may find out before it reads of the deletion.</summary>
    [Theory]
    [MemberData(nameof(Both))]
    public async Task Delete_FoundOutByAnotherWay_MembersAreToldWhyAllTheSame(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, Closed);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("team:red", """, "allowed_users":["ann"] """);
        await using var ann = await node.ConnectAsync(node.TokenFor("ann"));
        await ann.JoinAsync("team:red");
        var room = Causeway.Realtime.RoomId.Parse("team:red", null);

        // As another node does it, of which this one hears by its next look at the changes.
        var services = node.App.Services;
        await services.GetRequiredService<Database>().WriteAsync(async (unit, token) =>
        {
            await unit.ExecuteAsync("DELETE FROM rooms WHERE room_id = 'team:red'", null, token);
            await unit.ExecuteAsync("INSERT INTO room_changes (kind, room_id, reason, at) VALUES (3, 'team:red', 'over', 0)", null, token);
        });
        services.GetRequiredService<RoomDirectory>().ForgetAll();
        await services.GetRequiredService<Causeway.Realtime.Rooms>().RefreshAsync(room, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("over", (await ann.NextAsync("room_closed")).Payload.GetProperty("reason").GetString());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Change_RulesOfARoomInUse_PutsOutWhoMayNotStay(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, Closed);
        var here = await nodes.StartAsync();
        var there = provider == DatabaseProvider.Postgres ? await nodes.StartAsync() : here;
        await using var ann = await there.ConnectAsync(there.TokenFor("ann"));
        await using var bob = await there.ConnectAsync(there.TokenFor("bob"));
        await ann.JoinAsync("open");
        await bob.JoinAsync("open");

        (await here.CreateRoomAsync("open", """, "settings":{"join":"members"}, "allowed_users":["ann"] """)).AssertStatus(201);

        Assert.Equal("open", (await bob.NextAsync("kicked")).Payload.GetProperty("room_id").GetString());
        Assert.Null((await ann.RequestAsync("chat", room: "open")).ErrorCode);
        (await here.ChangeRoomAsync("open", """{"settings":null,"allowed_users":[]}""")).AssertStatus(200);
        await Eventually.True(async () => (await bob.RequestAsync("join_room", room: "open")).ErrorCode is null, what: "the room is open again");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Update_Conditions_GuardAgainstLostChanges(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, Closed);
        var node = await nodes.StartAsync();
        var created = await node.CreateRoomAsync("team:red");
        var etag = created.Header("ETag")!;

        var changed = await node.ChangeRoomAsync("team:red", """{"title":"New"}""", null, ("If-Match", etag));
        (await node.ChangeRoomAsync("team:red", """{"title":"Lost"}""", null, ("If-Match", etag))).AssertError(412, "PRECONDITION_FAILED");
        (await node.DeleteRoomAsync("team:red", null, ("If-Match", etag))).AssertError(412, "PRECONDITION_FAILED");
        var read = await node.GetAsync("/api/v1/rooms/team:red", node.AdminToken);
        var again = await node.GetAsync("/api/v1/rooms/team:red", node.AdminToken, ("If-None-Match", read.Header("ETag")!));

        Assert.Equal(("\"1\"", 200, "\"2\""), (etag, changed.Status, changed.Header("ETag")));
        Assert.Equal("New", read.Json.GetProperty("title").GetString());
        Assert.Equal(2, read.Json.GetProperty("version").GetInt64());
        Assert.Equal(304, again.Status);
        (await node.ChangeRoomAsync("team:red", """{"title":"Later"}""", null, ("If-Match", read.Header("ETag")!))).AssertStatus(200);
        (await node.DeleteRoomAsync("team:red", null, ("If-Match", "*"))).AssertStatus(204);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Update_ManyAtOnce_LosesNoneAndCountsEach(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, Closed);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("team:red");

        var changes = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => n % 2 == 0
            ? node.ChangeRoomAsync("team:red", $$"""{"title":"Title {{n}}"}""")
            : node.SetRoleAsync("team:red", $"u{n:00}", "member")));
        var room = (await node.GetAsync("/api/v1/rooms/team:red", node.AdminToken)).AssertStatus(200);

        Assert.All(changes, static change => Assert.InRange(change.Status, 200, 201));
        Assert.Equal(11, room.GetProperty("version").GetInt64());
        Assert.Equal(Enumerable.Range(0, 20).Where(static n => n % 2 == 1).Select(static n => $"u{n:00}"), room.GetProperty("allowed_users").Strings());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task List_StoredAndOthers_AreOneListInOrder(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider, Closed);
        var node = await nodes.StartAsync();
        foreach (var name in (string[])["x.1", "x.3", "x.5"])
        {
            await node.CreateRoomAsync(name, """, "allowed_users":["ann"] """);
        }

        foreach (var name in (string[])["x.0", "x.2", "x.3", "x.6", "X.4"])
        {
            await node.PostAsync($"/api/v1/rooms/{name}/messages", """{"type":"t"}""", node.AdminToken);
        }

        var seen = new List<(string, bool)>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await node.GetAsync($"/api/v1/rooms?prefix=x.&limit=2&cursor={cursor}", node.AdminToken)).AssertStatus(200);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(static room => (room.GetProperty("room_id").GetString()!, room.GetProperty("permanent").GetBoolean())));
            cursor = page.GetProperty("next_cursor").GetString();
        }

        var ofAnn = (await node.GetAsync("/api/v1/rooms", node.TokenFor("ann"))).AssertStatus(200).GetProperty("items");
        var ofNobody = (await node.GetAsync("/api/v1/rooms", node.TokenFor("bob"))).AssertStatus(200).GetProperty("items");

        Assert.Equal([("x.0", false), ("x.1", true), ("x.2", false), ("x.3", true), ("x.5", true), ("x.6", false)], seen);
        Assert.Equal(["x.1", "x.3", "x.5"], ofAnn.Strings("room_id"));
        Assert.Equal(0, ofNobody.GetArrayLength());
        (await node.GetAsync("/api/v1/rooms?member=bob", node.TokenFor("ann"))).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Create_ByUsers_FollowsTheNamespaceAndMakesOwners()
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Sqlite, Closed);
        var node = await nodes.StartAsync();
        var (ann, bob) = (node.TokenFor("ann"), node.TokenFor("bob"));
        var maker = node.TokenFor("cid", null, "create:may:c*");

        (await node.PostAsync("/api/v1/rooms", """{"room_id":"own:a","allowed_users":["bob"]}""", ann)).AssertStatus(201);
        (await node.PostAsync("/api/v1/rooms", """{"room_id":"team:a"}""", ann)).AssertError(403, "FORBIDDEN");
        (await node.PostAsync("/api/v1/rooms", """{"room_id":"may:c1"}""", maker)).AssertStatus(201);
        (await node.PostAsync("/api/v1/rooms", """{"room_id":"may:d1"}""", maker)).AssertError(403, "FORBIDDEN");
        (await node.PostAsync("/api/v1/rooms", """{"room_id":"own:a"}""", bob)).AssertError(409, "CONFLICT");
        var users = (await node.GetAsync("/api/v1/rooms/own:a/allowed-users", ann)).AssertStatus(200).GetProperty("items");

        Assert.Equal([("ann", "owner"), ("bob", "member")], users.EnumerateArray().Select(static user => (user.GetProperty("user_id").GetString()!, user.GetProperty("role").GetString()!)));
        Assert.Equal("ann", (await node.GetAsync("/api/v1/rooms/own:a", ann)).Json.GetProperty("created_by").GetString());
        (await node.ChangeRoomAsync("own:a", """{"title":"Mine"}""", bob)).AssertError(403, "FORBIDDEN");
        (await node.ChangeRoomAsync("own:a", """{"title":"Mine"}""", ann)).AssertStatus(200);
        (await node.DeleteRoomAsync("own:a", bob)).AssertError(403, "FORBIDDEN");
        (await node.DeleteRoomAsync("own:a", ann)).AssertStatus(204);
    }

    [Theory]
    [InlineData("owner", "moderator", "owner", true)]
    [InlineData("owner", "owner", "member", true)]
    [InlineData("moderator", null, "member", true)]
    [InlineData("moderator", "reader", "member", true)]
    [InlineData("moderator", null, "moderator", false)]
    [InlineData("moderator", "owner", "member", false)]
    [InlineData("moderator", "moderator", null, false)]
    [InlineData("moderator", "member", null, true)]
    [InlineData("member", null, "reader", false)]
    [InlineData("member", "reader", null, false)]
    [InlineData(null, null, "member", false)]
    public async Task Roles_WhoMayGiveWhich_IsDecidedByTheOwn(string? own, string? before, string? after, bool allowed)
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Sqlite, Closed);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("team:a");
        if (own is not null)
        {
            await node.SetRoleAsync("team:a", "ann", own);
        }

        if (before is not null)
        {
            await node.SetRoleAsync("team:a", "bob", before);
        }

        var token = node.TokenFor("ann");
        var answer = after is null ? await node.TakeRoleAsync("team:a", "bob", token) : await node.SetRoleAsync("team:a", "bob", after, token);

        Assert.Equal(allowed, answer.Status < 300);
        Assert.True(allowed || answer.Status == 403);
        var users = (await node.GetAsync("/api/v1/rooms/team:a/allowed-users", node.AdminToken)).AssertStatus(200).GetProperty("items");
        var bob = users.EnumerateArray().Where(static user => user.GetProperty("user_id").GetString() == "bob").Select(static user => user.GetProperty("role").GetString()).SingleOrDefault();
        Assert.Equal(allowed ? after : before, bob);
    }

    [Fact]
    public async Task Roles_OwnOne_CanBeGivenUp()
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Sqlite, Closed);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("team:a", """, "allowed_users":["ann"] """);

        (await node.TakeRoleAsync("team:a", "ann", node.TokenFor("ann"))).AssertStatus(204);

        (await node.TakeRoleAsync("team:a", "ann", node.TokenFor("ann"))).AssertError(404, "NOT_FOUND");
        (await node.GetAsync("/api/v1/rooms/team:a", node.TokenFor("ann"))).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Requests_Wrong_AreRefusedFieldByField()
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Sqlite, Closed);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("team:a");

        (await node.CreateRoomAsync("b", """
            , "description":"","settings":{"history":-1,"history_seconds":0,"max_members":0}
            """)).AssertInvalid("description", "settings.history", "settings.history_seconds", "settings.max_members");
        (await node.CreateRoomAsync("b", """, "settings":{"join":"nobody"} """)).AssertInvalid("settings.join");
        (await node.CreateRoomAsync("b", """, "settings":{"auto_create":true} """)).AssertInvalid("settings.auto_create");
        (await node.SetRoleAsync("team:a", "ann", "king")).AssertInvalid("role");
        (await node.SetRoleAsync("a%20b", new string('u', 129), "member")).AssertInvalid("room_id", "user_id");
        (await node.SetRoleAsync("team:none", "ann", "member")).AssertError(404, "ROOM_NOT_FOUND");
        (await node.TakeRoleAsync("team:none", "ann")).AssertError(404, "ROOM_NOT_FOUND");
        (await node.TakeRoleAsync("team:a", "ann")).AssertError(404, "NOT_FOUND");
        (await node.GetAsync("/api/v1/rooms/team:none/allowed-users", node.AdminToken)).AssertError(404, "ROOM_NOT_FOUND");
        (await node.GetAsync("/api/v1/rooms?member=" + new string('u', 129), node.AdminToken)).AssertInvalid("member");
        (await node.ChangeRoomAsync("team:a", "{}", null, ("If-Match", "no quotes"))).AssertError(400, "INVALID_MESSAGE");
    }

    [Theory]
    [InlineData("team:a'; DROP TABLE rooms; --")]
    [InlineData("team:%")]
    [InlineData("../team:a")]
    [InlineData("team:а")]
    [InlineData("TEAM:a")]
    public async Task Names_Forged_OpenNothing(string name)
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Sqlite, Closed);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("team:a", """, "allowed_users":["ann"] """);
        await using var bob = await node.ConnectAsync(node.TokenFor("bob"));

        var join = await bob.RequestAsync("join_room", room: name);
        var read = await node.GetAsync($"/api/v1/rooms/{Uri.EscapeDataString(name)}/messages", node.TokenFor("bob"));
        using var stream = await node.StreamAsync(Uri.EscapeDataString(name), node.TokenFor("bob"));

        Assert.NotNull(join.ErrorCode);
        Assert.InRange(read.Status, 400, 499);
        Assert.InRange(stream.Head.Status, 400, 499);
        (await node.GetAsync("/api/v1/rooms/team:a", node.AdminToken)).AssertStatus(200);
    }

    /// <summary>A second as promised, and what a busy machine adds.</summary>
    private static TimeSpan Slack => TimeSpan.FromSeconds(4);
}
