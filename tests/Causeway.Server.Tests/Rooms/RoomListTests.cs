using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Causeway.Data;
using Causeway.Testing;

namespace Causeway.Server.Tests.Rooms;

/// <summary>D3, F7, C3: rooms, stored or not, as one list with sorts, filters, exports and an import, on both databases.</summary>
public sealed class RoomListTests
{
    public static TheoryData<DatabaseProvider> Both => RoomNodes.Both;

    [Theory]
    [MemberData(nameof(Both))]
    public async Task List_EverySortBothWays_PagesByCursorAndByNumberAreTheSame(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider);
        var node = await nodes.StartAsync();
        foreach (var name in (string[])["b:1", "a:2", "3", "B:4", "a:5"])
        {
            await node.CreateRoomAsync(name);
            await node.PublishAsync(name + ".live");
        }

        await node.ChangeRoomAsync("a:2", """{"title":"Changed"}""");
        string[] names = ["b:1", "a:2", "3", "B:4", "a:5", "b:1.live", "a:2.live", "3.live", "B:4.live", "a:5.live"];
        foreach (var sort in (string[])["room_id", "-room_id", "namespace", "-namespace,created_at", "created_at", "-created_at", "updated_at", "-updated_at,room_id"])
        {
            var byCursor = new List<string>();
            for (string? cursor = ""; cursor is not null;)
            {
                var page = (await node.GetAsync($"/api/v1/rooms?sort={sort}&limit=3&cursor={cursor}", node.AdminToken)).AssertStatus(200);
                byCursor.AddRange(page.GetProperty("items").Strings("room_id"));
                cursor = page.GetProperty("next_cursor").GetString();
            }

            var byNumber = new List<string>();
            for (var number = 1; number <= 4; number++)
            {
                var page = (await node.GetAsync($"/api/v1/rooms?sort={sort}&page={number}&page_size=3", node.AdminToken)).AssertStatus(200);
                byNumber.AddRange(page.GetProperty("items").Strings("room_id"));
                Assert.Equal((10L, number < 4), (page.GetProperty("total").GetInt64(), page.GetProperty("has_next").GetBoolean()));
            }

            Assert.Equal(byNumber, byCursor);
            Assert.Equal(names.Order(StringComparer.Ordinal), byCursor.Order(StringComparer.Ordinal));
        }

        var byName = (await node.GetAsync("/api/v1/rooms", node.AdminToken)).AssertStatus(200).GetProperty("items").Strings("room_id");
        var byTime = (await node.GetAsync("/api/v1/rooms?sort=-updated_at", node.AdminToken)).AssertStatus(200).GetProperty("items");
        Assert.Equal(names.Order(StringComparer.Ordinal), byName);
        Assert.Equal("a:2", byTime[0].GetProperty("room_id").GetString());
        Assert.Equal(
            byTime.EnumerateArray().Select(static room => room.GetProperty("updated_at").GetDateTimeOffset()).OrderDescending(),
            byTime.EnumerateArray().Select(static room => room.GetProperty("updated_at").GetDateTimeOffset()));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task List_Filters_HoldForStoredAndOtherRooms(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("Team:red", """, "title":"The red ones" """);
        await node.CreateRoomAsync("lobby", """, "title":"100%_sure" """);
        await node.PublishAsync("team:blue");
        await node.PublishAsync("hall.red");

        Assert.Equal(["Team:red", "hall.red"], await NamesAsync("q=RED"));
        Assert.Equal(["lobby"], await NamesAsync("q=0%25_s"));
        Assert.Equal(["Team:red", "team:blue"], await NamesAsync("namespace=TEAM"));
        Assert.Equal(["hall.red", "lobby"], await NamesAsync("namespace.not=team"));
        Assert.Equal(["hall.red", "lobby"], await NamesAsync("namespace=default"));
        Assert.Equal(["hall.red", "team:blue"], await NamesAsync("permanent=false"));
        Assert.Equal(["Team:red", "lobby"], await NamesAsync("permanent=true"));
        Assert.Equal(["hall.red", "team:blue"], await NamesAsync("title.null=true"));
        Assert.Equal(["Team:red"], await NamesAsync("title.contains=red"));
        Assert.Equal(["Team:red", "team:blue"], await NamesAsync("room_id.prefix=team"));
        Assert.Equal(["team:blue"], await NamesAsync("prefix=team"));
        Assert.Equal(["lobby", "team:blue"], await NamesAsync("room_id=lobby&room_id=team:blue"));
        Assert.Equal(4, (await NamesAsync("created_at.gte=2020-01-01")).Length);
        Assert.Empty(await NamesAsync("created_at.lt=2020-01-01"));
        Assert.Empty(await NamesAsync("q=" + Uri.EscapeDataString("' OR 1=1 --")));
        Assert.Empty(await NamesAsync("prefix=" + Uri.EscapeDataString("' OR 1=1 --")));
        (await node.GetAsync("/api/v1/rooms?settings=x&sort=title&q.not=a&connections.gt=1", node.AdminToken)).AssertInvalid("settings", "sort", "q.not", "connections.gt");
        (await node.GetAsync("/api/v1/rooms?page=1&cursor=x", node.AdminToken)).AssertInvalid("cursor");

        async Task<string[]> NamesAsync(string query) =>
            (await node.GetAsync("/api/v1/rooms?" + query, node.AdminToken)).AssertStatus(200).GetProperty("items").Strings("room_id");
    }

    [Fact]
    public async Task List_RoomStoredOnAnotherNode_IsShownOnce()
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Postgres);
        var here = await nodes.StartAsync();
        var there = await nodes.StartAsync();
        string[] names = [.. Enumerable.Range(0, 9).Select(static n => "twice." + n)];
        foreach (var name in names)
        {
            await there.PublishAsync(name);
        }

        foreach (var name in names)
        {
            await here.CreateRoomAsync(name);

            // At once: the other node may not have heard of it yet.
            var page = (await there.GetAsync("/api/v1/rooms?prefix=twice.&limit=20", there.AdminToken)).AssertStatus(200).GetProperty("items");
            var export = (await there.GetAsync("/api/v1/rooms/export.csv?prefix=twice.", there.AdminToken)).Text;

            Assert.Equal(names, page.Strings("room_id"));
            Assert.Equal(names, export.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(static line => line.Split(',')[0]));
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Export_OfACaller_IsWhatTheirListShows(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("mine", """, "allowed_users":["ann","bob"] """);
        await node.CreateRoomAsync("theirs", """, "allowed_users":["bob"] """);
        await node.PublishAsync("passing");

        var all = (await node.GetAsync("/api/v1/rooms/export.ndjson?sort=-room_id", node.AdminToken)).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonElement.Parse(line)).ToList();
        var list = (await node.GetAsync("/api/v1/rooms?sort=-room_id", node.AdminToken)).Json.GetProperty("items");
        var ofAnn = await node.GetAsync("/api/v1/rooms/export.csv", node.TokenFor("ann"));

        Assert.Equal(["theirs", "passing", "mine"], all.Select(static room => room.GetProperty("room_id").GetString()));
        Assert.Equal(list.EnumerateArray().Select(static room => room.GetRawText()), all.Select(static room => room.GetRawText()));
        Assert.Equal(["ann", "bob"], all[2].GetProperty("allowed_users").Strings());
        Assert.Equal("attachment; filename=\"rooms.csv\"", ofAnn.Header("Content-Disposition"));
        Assert.Single(ofAnn.Text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Skip(1), static line => line.StartsWith("mine,default,", StringComparison.Ordinal));
        (await node.GetAsync("/api/v1/rooms/export.csv?member=bob", node.TokenFor("ann"))).AssertError(403, "FORBIDDEN");
        (await node.GetAsync("/api/v1/rooms/export.ndjson")).AssertError(401, "UNAUTHORIZED");
        (await node.GetAsync("/api/v1/rooms/export.csv?limit=5&sort=epoch", node.AdminToken)).AssertInvalid("limit", "sort");
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task AllowedUsers_OfAnyNameAndNumber_AreTheFirstHundredByIdEverywhere(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider);
        var node = await nodes.StartAsync();
        string[] strange = ["a\nb", "a\\nb", "\\", "\n", "'; --", "ü😀", "\uFFFD", " ", "a,b"];
        string[] many = [.. Enumerable.Range(0, 120).Select(static number => $"user-{number:000}")];
        var users = JsonSerializer.Serialize(strange.Concat(many));
        string[] first = [.. strange.Concat(many).OrderBy(Encoding.UTF8.GetBytes, Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b))).Take(100)];

        var created = (await node.CreateRoomAsync("full", $""", "allowed_users":{users} """)).AssertStatus(201);
        await node.CreateRoomAsync("none");
        var retitled = (await node.ChangeRoomAsync("full", """{"title":"Full"}""")).AssertStatus(200);
        var read = (await node.GetAsync("/api/v1/rooms/full", node.AdminToken)).AssertStatus(200);
        var list = (await node.GetAsync("/api/v1/rooms", node.AdminToken)).AssertStatus(200).GetProperty("items");
        var numbered = (await node.GetAsync("/api/v1/rooms?page=1", node.AdminToken)).AssertStatus(200).GetProperty("items");
        var export = (await node.GetAsync("/api/v1/rooms/export.ndjson", node.AdminToken)).Text.Split('\n')[0];
        var changed = (await node.ChangeRoomAsync("full", """{"allowed_users":["b\\n","b\n"]}""")).AssertStatus(200);
        var emptied = (await node.ChangeRoomAsync("full", """{"allowed_users":[]}""")).AssertStatus(200);

        foreach (var room in (JsonElement[])[created, retitled, read, list[0], numbered[0], JsonElement.Parse(export)])
        {
            Assert.Equal(first, room.GetProperty("allowed_users").Strings());
        }

        Assert.Equal(["b\n", "b\\n"], changed.GetProperty("allowed_users").Strings());
        Assert.Empty(list[1].GetProperty("allowed_users").Strings());
        Assert.Empty(emptied.GetProperty("allowed_users").Strings());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Import_AnExport_MakesTheSameRoomsAgain(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("team:red", """
            , "title":"=Red, \"the\" one","description":"Two\nlines","settings":{"join":"members","publish":"server","history":5,"history_seconds":60,"presence":false,"max_members":7,"slow_consumer":"drop_oldest"}
            """);
        await node.CreateRoomAsync("plain");
        await node.PublishAsync("passing");
        var before = await SettingsAsync();
        var file = (await node.GetAsync("/api/v1/rooms/export.csv", node.AdminToken)).Text;
        (await node.DeleteRoomAsync("team:red")).AssertStatus(204);
        (await node.DeleteRoomAsync("plain")).AssertStatus(204);

        var report = (await ImportAsync(node, file)).AssertStatus(200);

        Assert.Equal((3L, 2L, 1L, 0L), Figures(report));
        Assert.Equal(before, await SettingsAsync());
        Assert.False((await node.GetAsync("/api/v1/rooms/passing", node.AdminToken)).AssertStatus(200).GetProperty("permanent").GetBoolean());
        Assert.Equal((3L, 0L, 1L, 2L), Figures((await ImportAsync(node, file)).AssertStatus(200)));

        async Task<string[]> SettingsAsync() =>
        [
            .. (await node.GetAsync("/api/v1/rooms?permanent=true", node.AdminToken)).AssertStatus(200).GetProperty("items").EnumerateArray()
                .Select(static room => string.Join('|', ((string[])["room_id", "title", "description", "settings"]).Select(name => room.GetProperty(name).GetRawText()))),
        ];
    }

    /// <summary>A name that the API has another use for is refused while a person can still choose another; one that only looks like it is a room like any.</summary>
    [Fact]
    public async Task Create_NameOfAnExport_IsRefusedAndOthersLikeItAreReachable()
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Sqlite);
        var node = await nodes.StartAsync();
        foreach (var name in (string[])["export.csv", "EXPORT.csv", "export.ndjson"])
        {
            (await node.CreateRoomAsync(name)).AssertInvalid("room_id");
        }

        var imported = (await ImportAsync(node, "room_id\nexport.ndjson\nimport\n")).AssertStatus(200);
        Assert.Equal((2L, 1L, 0L, 1L), Figures(imported));
        Assert.Contains("exported", imported.GetProperty("errors")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        foreach (var name in (string[])["export", "export.csv.", "a:export.csv"])
        {
            (await node.CreateRoomAsync(name)).AssertStatus(201);
        }

        foreach (var name in (string[])["import", "export", "export.csv.", "a:export.csv"])
        {
            Assert.Equal(name, (await node.GetAsync("/api/v1/rooms/" + name, node.AdminToken)).AssertStatus(200).GetProperty("room_id").GetString());
            (await node.ChangeRoomAsync(name, """{"title":"Changed"}""")).AssertStatus(200);
            (await node.DeleteRoomAsync(name)).AssertStatus(204);
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Import_WrongRows_AreToldByLineAndKeepNoOtherOut(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("there");
        const string File = """
            Room,Title,Join,History,Presence,Allowed users
            one,First,members,10,yes,ann; bob
            a b,,,,,
            ,No name,,,,
            there,,,,,
            two,,nobody,-1,perhaps,
            one,,,,,
            three,,,99999999999,,
            four,,authenticated,,,
            """;

        var tried = (await ImportAsync(node, File, "?dry_run=true")).AssertStatus(200);
        Assert.Equal((1, 0L), ((await node.GetAsync("/api/v1/rooms?permanent=true&page=1", node.AdminToken)).Json.GetProperty("total").GetInt32(), await CountAsync("room.create", "room:one")));
        var done = (await ImportAsync(node, File)).AssertStatus(200);

        Assert.Equal((8L, 2L, 0L, 6L), Figures(tried));
        Assert.Equal((8L, 2L, 0L, 6L), Figures(done));
        Assert.Equal(
            ["3 room_id", "4 room_id", "5 room_id", "6 join", "6 presence", "6 history", "7 room_id", "8 history"],
            done.GetProperty("errors").EnumerateArray().Select(static error => $"{error.GetProperty("line").GetInt32()} {error.GetProperty("column").GetString()}"));
        Assert.Equal("Must be one of anyone, authenticated, members, permission.", done.GetProperty("errors")[3].GetProperty("message").GetString());
        var one = (await node.GetAsync("/api/v1/rooms/one", node.AdminToken)).AssertStatus(200);
        Assert.Equal(["ann", "bob"], one.GetProperty("allowed_users").Strings());
        Assert.Equal("""{"history":10,"presence":true,"join":"members"}""", one.GetProperty("settings").GetRawText());
        Assert.Equal((1L, 1L), (await CountAsync("room.create", "room:one"), await CountAsync("room.create", "room:there")));

        async Task<long> CountAsync(string action, string target) =>
            (await node.GetAsync($"/api/v1/audit?action={action}&target={target}&page=1", node.AdminToken)).AssertStatus(200).GetProperty("total").GetInt64();
    }

    [Fact]
    public async Task Import_Refused_ChangesNothing()
    {
        await using var nodes = await RoomNodes.CreateAsync(DatabaseProvider.Sqlite);
        var node = await nodes.StartAsync();

        (await ImportAsync(node, "room_id\na\n", token: node.TokenFor("ann", null, "rooms:read"))).AssertError(403, "FORBIDDEN");
        (await ImportAsync(node, "room_id\na\n", token: "")).AssertError(401, "UNAUTHORIZED");
        (await ImportAsync(node, "title\na\n")).AssertError(422, "VALIDATION_ERROR");
        (await ImportAsync(node, "room_id,epoch\na,b\n")).AssertError(422, "VALIDATION_ERROR");
        (await node.PostAsync("/api/v1/rooms/import", """{"room_id":"a"}""", node.AdminToken)).AssertError(415, "UNSUPPORTED_MEDIA_TYPE");

        Assert.Equal(0, (await node.GetAsync("/api/v1/rooms", node.AdminToken)).Json.GetProperty("items").GetArrayLength());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Import_WhileOthersMakeAndDeleteTheSameRooms_EachIsMadeByOne(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider);
        var here = await nodes.StartAsync();
        var there = provider == DatabaseProvider.Postgres ? await nodes.StartAsync() : here;
        string[] names = [.. Enumerable.Range(0, 300).Select(static n => $"many.{n:000}")];

        var imports = Task.WhenAll(ImportAsync(here, "room_id\n" + string.Join('\n', names)), ImportAsync(there, "room_id\n" + string.Join('\n', names.Reverse())));

        // One after the other: what is looked for is who waits for whom, and not who finds no connection free.
        var single = Task.Run(async () =>
        {
            var answers = new List<HttpAnswer>();
            for (var n = 0; n < 20; n++)
            {
                answers.Add(await (n % 2 == 0 ? here : there).CreateRoomAsync(names[n * 15]));
            }

            return answers;
        });
        var gone = Task.Run(async () =>
        {
            var answers = new List<HttpAnswer>();
            for (var n = 0; n < 10; n++)
            {
                (await there.CreateRoomAsync("many.x" + n)).AssertStatus(201);
                answers.Add(await here.DeleteRoomAsync("many.x" + n));
            }

            return answers;
        });
        var reports = (await imports).Select(static answer => Figures(answer.AssertStatus(200))).ToList();
        var created = (await single).Count(static answer => answer.Status == 201);

        Assert.All(await single, static answer => Assert.True(answer.Status is 201 or 409, answer.Text));
        Assert.All(await gone, static answer => Assert.Equal(204, answer.Status));
        Assert.Equal(names.Length, reports.Sum(static report => report.Created) + created);
        Assert.Equal(names.Length, (await here.GetAsync("/api/v1/rooms?prefix=many.&permanent=true&page=1", here.AdminToken)).Json.GetProperty("total").GetInt64());
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Create_SameKeyAfterARestart_AnswersAndMakesNothing(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider);
        var node = await nodes.StartAsync();
        var first = await CreateAsync("""{"room_id":"once","title":"Once"}""");
        (await node.DeleteRoomAsync("once")).AssertStatus(204);
        await nodes.StopAsync(node);

        node = await nodes.StartAsync();
        var again = await CreateAsync("""{"room_id":"once","title":"Once"}""");
        (await CreateAsync("""{"room_id":"once","title":"Other"}""")).AssertError(422, "VALIDATION_ERROR");

        Assert.Equal((201, first.Text, "\"1\"", "/api/v1/rooms/once"), (again.Status, again.Text, again.Header("ETag"), again.Header("Location")));
        (await node.GetAsync("/api/v1/rooms/once", node.AdminToken)).AssertError(404, "ROOM_NOT_FOUND");

        Task<HttpAnswer> CreateAsync(string body) => node.PostAsync("/api/v1/rooms", body, node.AdminToken, ("Idempotency-Key", "k1"));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public async Task Audit_WhatIsDoneToRooms_IsWrittenDownAndRefusalsAreNot(DatabaseProvider provider)
    {
        await using var nodes = await RoomNodes.CreateAsync(provider);
        var node = await nodes.StartAsync();
        await node.CreateRoomAsync("team:red", """, "title":"Red","allowed_users":["ann","bob"] """);
        await node.CreateRoomAsync("team:red");
        await node.ChangeRoomAsync("team:red", """{"title":"Redder","settings":{"join":"members"},"allowed_users":["bob","cid"]}""");
        await node.SetRoleAsync("team:red", "bob", "owner");
        await node.SetRoleAsync("team:red", "bob", "owner");
        await node.TakeRoleAsync("team:red", "cid");
        await node.ChangeRoomAsync("team:red", """{"title":"Reddest"}""", null, ("If-Match", "\"1\""));
        await node.DeleteRoomAsync("team:red", node.TokenFor("bob"));
        await node.DeleteRoomAsync("team:red");
        await node.PublishAsync("passing");
        await node.DeleteRoomAsync("passing");

        var acts = (await node.GetAsync("/api/v1/audit?action.prefix=room.&sort=at", node.AdminToken)).AssertStatus(200).GetProperty("items").EnumerateArray()
            .Select(static act => $"{act.GetProperty("actor").GetString()} {act.GetProperty("action").GetString()} {act.GetProperty("target").GetString()} {act.GetProperty("details").GetRawText()}").ToList();

        Assert.Equal(
            [
                """admin-token room.create room:team:red {"title":"Red","users_with_roles":2}""",
                """admin-token room.update room:team:red {"title":"Redder","settings":{"join":"members"},"added":["cid"],"added_count":1,"removed":["ann"],"removed_count":1}""",
                """admin-token room.grant room:team:red {"user_id":"bob","before":"member","role":"owner"}""",
                """admin-token room.revoke room:team:red {"user_id":"cid","before":"member"}""",
                """user:bob room.delete room:team:red {"permanent":true,"reason":"deleted"}""",
                """admin-token room.delete room:passing {"permanent":false,"reason":"deleted"}""",
            ],
            acts);
    }

    private static (long Rows, long Created, long Skipped, long Failed) Figures(JsonElement report) =>
        (report.GetProperty("rows").GetInt64(), report.GetProperty("created").GetInt64(), report.GetProperty("skipped").GetInt64(), report.GetProperty("failed").GetInt64());

    private static async Task<HttpAnswer> ImportAsync(RunningServer node, string csv, string query = "", string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/rooms/import" + query) { Content = new StringContent(csv, Encoding.UTF8, "text/csv") };
        if (token is not "")
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? node.AdminToken);
        }

        using var response = await node.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(static header => header.Key, static header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new HttpAnswer((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}
