using System.Text.Json;
using Causeway.Testing;

namespace Causeway.Server.Tests.Api;

/// <summary>D3, D6, D7: rooms over HTTP.</summary>
public sealed class RoomTests(LocalServer local) : IClassFixture<LocalServer>
{
    private RunningServer Server => local.Server;

    [Fact]
    public async Task Create_Valid_IsThereAndPermanent()
    {
        var room = Names.Next("named");

        var created = await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}","title":"A room","allowed_users":["ada","bob"]}""");
        var found = (await Server.GetAsync($"/api/v1/rooms/{room}")).AssertStatus(200);

        created.AssertStatus(201);
        Assert.Equal($"/api/v1/rooms/{room}", created.Header("Location"));
        Assert.Equal(created.Text, found.GetRawText());
        Assert.Equal(room, found.GetProperty("room_id").GetString());
        Assert.Equal("named", found.GetProperty("namespace").GetString());
        Assert.Equal("A room", found.GetProperty("title").GetString());
        Assert.Equal(["ada", "bob"], found.GetProperty("allowed_users").EnumerateArray().Select(static user => user.GetString()));
        Assert.True(found.GetProperty("permanent").GetBoolean());
        (await Server.PostAsync($"/api/v1/rooms/{room}/messages", """{"type":"chat"}""")).AssertStatus(201);
    }

    [Fact]
    public async Task Create_Twice_Conflict()
    {
        var room = Names.Next();
        (await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""")).AssertStatus(201);

        (await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""")).AssertError(409, "CONFLICT");
    }

    [Fact]
    public async Task Create_TwiceWithTheSameKey_TheSameRoom()
    {
        var room = Names.Next();
        var key = ("Idempotency-Key", room);
        var first = await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""", null, key);

        var again = await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""", null, key);

        Assert.Equal((201, first.Text, first.Header("Location")), (again.Status, again.Text, again.Header("Location")));
    }

    [Theory]
    [InlineData("""{}""", "room_id")]
    [InlineData("""{"room_id":"a b"}""", "room_id")]
    [InlineData("""{"room_id":"a","title":""}""", "title")]
    [InlineData("""{"room_id":"a","allowed_users":[""]}""", "allowed_users")]
    [InlineData("""{"room_id":"a","allowed_users":[null]}""", "allowed_users")]
    [InlineData("""{"room_id":"a","allowed_users":"ada"}""", "allowed_users")]
    [InlineData("""{"room_id":"","title":"","allowed_users":[""]}""", "room_id", "title", "allowed_users")]
    [InlineData("""{"room_id":"a","epoch":"mine"}""", "epoch")]
    public async Task Create_FieldThatBreaksARule_NamesIt(string body, params string[] fields) => (await Server.PostAsync("/api/v1/rooms", body)).AssertInvalid(fields);

    [Fact]
    public async Task Update_OneField_KeepsTheOther()
    {
        var room = Names.Next();
        await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}","title":"Old","allowed_users":["ada"]}""");

        var titled = (await Server.PatchAsync($"/api/v1/rooms/{room}", """{"title":"New"}""")).AssertStatus(200);
        var closed = (await Server.PatchAsync($"/api/v1/rooms/{room}", """{"title":null,"allowed_users":["bob"]}""")).AssertStatus(200);

        Assert.Equal("New", titled.GetProperty("title").GetString());
        Assert.Equal("ada", titled.GetProperty("allowed_users")[0].GetString());
        Assert.Equal(JsonValueKind.Null, closed.GetProperty("title").ValueKind);
        Assert.Equal("bob", closed.GetProperty("allowed_users")[0].GetString());
    }

    [Fact]
    public async Task Update_Wrong_Refused()
    {
        (await Server.PatchAsync("/api/v1/rooms/never-seen", "{}")).AssertError(404, "ROOM_NOT_FOUND");
        (await Server.PatchAsync("/api/v1/rooms/a%20b", """{"title":""}""")).AssertInvalid("room_id", "title");
        (await Server.PatchAsync("/api/v1/rooms/a", """{"room_id":"b"}""")).AssertInvalid("room_id");
    }

    [Theory]
    [InlineData("/api/v1/rooms/never-seen")]
    [InlineData("/api/v1/rooms/never-seen/members")]
    [InlineData("/api/v1/rooms/never-seen/messages")]
    public async Task Get_NoSuchRoom_RoomNotFound(string path) => (await Server.GetAsync(path)).AssertError(404, "ROOM_NOT_FOUND");

    [Theory]
    [InlineData("/api/v1/rooms/a%20b", "room_id")]
    [InlineData("/api/v1/rooms/a%20b/members", "room_id")]
    [InlineData("/api/v1/rooms/a%20b/messages", "room_id")]
    [InlineData("/api/v1/rooms?limit=0", "limit")]
    [InlineData("/api/v1/rooms?limit=101", "limit")]
    [InlineData("/api/v1/rooms?cursor=nonsense", "cursor")]
    [InlineData("/api/v1/rooms/a/messages?after=-1&before=x", "after", "before")]
    [InlineData("/api/v1/connections?limit=x", "limit")]
    [InlineData("/api/v1/connections?cursor=x", "cursor")]
    public async Task Get_ParameterThatBreaksARule_NamesIt(string path, params string[] fields) => (await Server.GetAsync(path)).AssertInvalid(fields);

    [Fact]
    public async Task List_Pages_CoverEveryRoomOnceInOrder()
    {
        var prefix = Names.Next() + ".";
        for (var i = 0; i < 7; i++)
        {
            await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{prefix}}{{i}}"}""");
        }

        var seen = new List<string>();
        var path = $"/api/v1/rooms?prefix={prefix}&limit=3";
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await Server.GetAsync($"{path}&cursor={cursor}")).AssertStatus(200);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(static room => room.GetProperty("room_id").GetString()!));
            cursor = page.GetProperty("next_cursor").GetString();
            Assert.Equal(cursor is not null, page.GetProperty("has_next").GetBoolean());
        }

        Assert.Equal(Enumerable.Range(0, 7).Select(i => prefix + i), seen);
    }

    [Fact]
    public async Task List_CursorOfAnotherFilter_Refused()
    {
        var prefix = Names.Next() + ".";
        await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{prefix}}1"}""");
        await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{prefix}}2"}""");
        var cursor = (await Server.GetAsync($"/api/v1/rooms?prefix={prefix}&limit=1")).Json.GetProperty("next_cursor").GetString();

        (await Server.GetAsync($"/api/v1/rooms?cursor={cursor}")).AssertInvalid("cursor");
    }

    [Fact]
    public async Task History_Pages_GoOnInTheirDirection()
    {
        var room = Names.Next();
        await Server.PostAsync("/api/v1/publish", $$"""{"messages":[{{string.Join(',', Enumerable.Repeat($$"""{"room_id":"{{room}}","type":"t"}""", 10))}}]}""");

        Assert.Equal([[9, 10], [7, 8], [5, 6], [3, 4], [1, 2]], await PagesAsync(room, "limit=2"));
        Assert.Equal([[5, 6], [3, 4], [1, 2]], await PagesAsync(room, "limit=2&before=7"));
        Assert.Equal([[4, 5], [6, 7], [8, 9], [10]], await PagesAsync(room, "limit=2&after=3"));
        Assert.Equal([[4, 5], [6]], await PagesAsync(room, "limit=2&after=3&before=7"));
        Assert.Equal([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], await PagesAsync(room, "limit=100"));
        Assert.Equal([[]], await PagesAsync(room, "after=10"));
        Assert.Equal([[]], await PagesAsync(room, "before=1"));
    }

    [Fact]
    public async Task Members_UsersAndOthers_AreCountedAsPresenceDoes()
    {
        var room = Names.Next();
        await using var phone = await Server.ConnectAsync(Server.TokenFor("ada"));
        await using var laptop = await Server.ConnectAsync(Server.TokenFor("ada"));
        await using var somebody = await Server.ConnectAsync();
        await phone.JoinAsync(room);
        await laptop.JoinAsync(room);
        await somebody.JoinAsync(room);

        var all = (await Server.GetAsync($"/api/v1/rooms/{room}/members")).AssertStatus(200).GetProperty("items");
        var first = (await Server.GetAsync($"/api/v1/rooms/{room}/members?limit=1")).Json;
        var second = (await Server.GetAsync($"/api/v1/rooms/{room}/members?limit=1&cursor={first.GetProperty("next_cursor")}")).Json;
        var info = (await Server.GetAsync($"/api/v1/rooms/{room}")).Json;

        Assert.Equal("""[{"user_id":null,"name":null,"devices":1},{"user_id":"ada","name":"ada the user","devices":2}]""", all.GetRawText());
        Assert.Equal(JsonValueKind.Null, first.GetProperty("items")[0].GetProperty("user_id").ValueKind);
        Assert.Equal("ada", second.GetProperty("items")[0].GetProperty("user_id").GetString());
        Assert.Equal((3, 2), (info.GetProperty("connections").GetInt32(), info.GetProperty("members").GetInt32()));
    }

    [Fact]
    public async Task Kick_Member_IsToldWhyAndOut()
    {
        var room = Names.Next();
        var user = Names.Next();
        await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""");
        await using var client = await Server.ConnectAsync(Server.TokenFor(user));
        await client.JoinAsync(room);

        (await Server.DeleteAsync($"/api/v1/rooms/{room}/members/{user}?reason=too%20loud")).AssertStatus(204);
        var kicked = await client.NextAsync("kicked");

        Assert.Equal("too loud", kicked.Payload.GetProperty("reason").GetString());
        Assert.Equal(room, kicked.Payload.GetProperty("room_id").GetString());
        (await Server.DeleteAsync($"/api/v1/rooms/{room}/members/{user}")).AssertError(404, "NOT_FOUND");
    }

    [Fact]
    public async Task Kick_Wrong_Refused()
    {
        (await Server.DeleteAsync("/api/v1/rooms/never-seen/members/ada")).AssertError(404, "ROOM_NOT_FOUND");
        (await Server.DeleteAsync($"/api/v1/rooms/a%20b/members/{new string('u', 129)}?reason={new string('r', 201)}")).AssertInvalid("room_id", "user_id", "reason");
    }

    [Fact]
    public async Task Delete_Room_TellsItsMembersAndIsGone()
    {
        var room = Names.Next();
        await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""");
        await using var client = await Server.ConnectAsync();
        await client.JoinAsync(room);

        (await Server.DeleteAsync($"/api/v1/rooms/{room}?reason=over")).AssertStatus(204);

        Assert.Equal("over", (await client.NextAsync("room_closed")).Payload.GetProperty("reason").GetString());
        (await Server.GetAsync($"/api/v1/rooms/{room}")).AssertError(404, "ROOM_NOT_FOUND");
        (await Server.DeleteAsync($"/api/v1/rooms/{room}")).AssertError(404, "ROOM_NOT_FOUND");
        (await Server.DeleteAsync($"/api/v1/rooms/a%20b?reason={new string('r', 201)}")).AssertInvalid("room_id", "reason");
    }

    private async Task<List<long[]>> PagesAsync(string room, string query)
    {
        var pages = new List<long[]>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await Server.GetAsync($"/api/v1/rooms/{room}/messages?{query}&cursor={cursor}")).AssertStatus(200);
            pages.Add([.. page.GetProperty("items").EnumerateArray().Select(static message => message.GetProperty("offset").GetInt64())]);
            cursor = page.GetProperty("next_cursor").GetString();
            Assert.Equal(cursor is not null, page.GetProperty("has_next").GetBoolean());
        }

        return pages;
    }
}
