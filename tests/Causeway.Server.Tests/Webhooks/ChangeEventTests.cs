using Causeway.Data;
using Causeway.Server.Tests.Rooms;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Webhooks;

/// <summary>F11: changes to accounts and stored rooms are told to those who asked for them, each once and in an order that can be told.</summary>
public sealed class ChangeEventTests
{
    [Theory]
    [MemberData(nameof(RoomNodes.Both), MemberType = typeof(RoomNodes))]
    public async Task Users_MadeChangedAndDeleted_AreToldInOrder(DatabaseProvider provider)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var nodes = await RoomNodes.CreateAsync(provider, WebhookCalls.Configuration);
        var here = await nodes.StartAsync();
        var there = provider == DatabaseProvider.Postgres ? await nodes.StartAsync() : here;
        await here.CreateWebhookAsync(receiver.Url, ["user.*"]);

        // The other node hears of the webhook within a second.
        await Eventually.True(() => there.App.Services.GetRequiredService<WebhookEvents>().AreWanted("user.created"));
        var user = (await there.PostAsync("/api/v1/users", """{"email":"ada@example.com","password":"correct horse battery","name":"Ada"}""", there.AdminToken)).AssertStatus(201).Id();
        (await there.SendAsync(HttpMethod.Patch, $"/api/v1/users/{user}", """{"name":"Ada L."}""", there.AdminToken)).AssertStatus(200);
        (await there.SendAsync(HttpMethod.Delete, $"/api/v1/users/{user}", null, there.AdminToken)).AssertStatus(204);
        (await there.PostAsync("/api/v1/users", """{"email":"no address","password":"correct horse battery"}""", there.AdminToken)).AssertError(422, "VALIDATION_ERROR");

        var told = (await receiver.WaitAsync(3)).OrderBy(static one => one.Sequence).ToList();
        Assert.Equal(["user.created", "user.updated", "user.deleted"], told.Select(static one => one.Type));
        Assert.All(told, one => Assert.Equal(user, one.Data.GetProperty("user_id").GetString()));
        Assert.Equal(("ada@example.com", "Ada"), (told[0].Data.GetProperty("user").GetProperty("email").GetString(), told[0].Data.GetProperty("user").GetProperty("name").GetString()));
        Assert.Equal(("Ada L.", "name"), (told[1].Data.GetProperty("user").GetProperty("name").GetString(), told[1].Data.GetProperty("changed")[0].GetString()));
        Assert.DoesNotContain("password_hash", told[0].Json.ToString(), StringComparison.Ordinal);
        Assert.Equal(3, told.Select(static one => one.Id).Distinct().Count());
    }

    [Fact]
    public async Task Rooms_OfAPattern_AreToldAndOthersAreNot()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await RunningServer.StartAsync(WebhookCalls.Configuration);
        await server.CreateWebhookAsync(receiver.Url, ["room.created", "room.updated", "room.deleted"], ["orders:*"]);

        (await server.PostAsync("/api/v1/rooms", """{"room_id":"lobby"}""")).AssertStatus(201);
        (await server.PostAsync("/api/v1/rooms", """{"room_id":"orders:1","title":"One"}""")).AssertStatus(201);
        (await server.PostAsync("/api/v1/rooms", """{"room_id":"orders:1"}""")).AssertError(409, "CONFLICT");
        (await server.PatchAsync("/api/v1/rooms/orders:1", """{"title":"The first"}""")).AssertStatus(200);
        (await server.DeleteAsync("/api/v1/rooms/orders:1")).AssertStatus(204);

        var told = (await receiver.WaitAsync(3)).OrderBy(static one => one.Sequence).ToList();
        Assert.Equal(["room.created", "room.updated", "room.deleted"], told.Select(static one => one.Type));
        Assert.All(told, static one => Assert.Equal("orders:1", one.Data.GetProperty("room_id").GetString()));
        Assert.Equal("The first", told[1].Data.GetProperty("title").GetString());
    }
}
