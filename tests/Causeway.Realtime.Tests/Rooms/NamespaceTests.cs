using System.ComponentModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Causeway.Realtime.Tests;

/// <summary>D8: who may join and publish, by namespace.</summary>
public sealed class NamespaceTests
{
    [Theory]
    [InlineData(JoinRule.Anyone, "-", true)]
    [InlineData(JoinRule.Authenticated, "-", false)]
    [InlineData(JoinRule.Authenticated, "ann", true)]
    [InlineData(JoinRule.Members, "-", false)]
    [InlineData(JoinRule.Members, "bob", false)]
    [InlineData(JoinRule.Members, "ann", true)]
    [InlineData(JoinRule.Members, "bob;admin", true)]
    [InlineData(JoinRule.Permission, "ann", false)]
    [InlineData(JoinRule.Permission, "ann;may=join:ns:x", true)]
    [InlineData(JoinRule.Permission, "ann;may=join:ns:*", true)]
    [InlineData(JoinRule.Permission, "ann;may=join:*", true)]
    [InlineData(JoinRule.Permission, "-;may=join:ns:x", true)]
    [InlineData(JoinRule.Permission, "ann;may=join:ns:y", false)]
    [InlineData(JoinRule.Permission, "ann;may=join:ns:xx", false)]
    [InlineData(JoinRule.Permission, "ann;may=publish:ns:x", false)]
    [InlineData(JoinRule.Permission, "-;admin", true)]
    public async Task Join_RuleAndIdentity_DecideOnBothTransports(JoinRule rule, string credential, bool allowed)
    {
        await using var server = await LiveServer.StartAsync(options => options.Namespaces["ns"] = new() { Join = rule });
        server.Rooms.Create(RoomId.Parse("ns:x"), new RoomSettings { AllowedUsers = ["ann"] });
        await using var client = await server.ConnectAsync(credential);

        var answer = await client.RequestAsync("join_room", room: "ns:x");
        var presence = await client.RequestAsync("presence", room: "ns:x");
        using var stream = await server.StreamAsync("room=ns:x", credential: credential);

        Assert.Equal(allowed ? null : "FORBIDDEN", answer.ErrorCode);
        Assert.Equal(allowed ? null : "FORBIDDEN", presence.ErrorCode);
        Assert.Equal(allowed ? (200, null) : (403, "FORBIDDEN"), (stream.Head.Status, stream.Head.ErrorCode));
        if (!allowed)
        {
            Assert.Equal("ns:x", answer.Payload.GetProperty("details").GetProperty("room_id").GetString());
        }
    }

    [Fact]
    public async Task Join_MembersOfARoomThatWasNotCreated_MayNot()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["ns"] = new() { Join = JoinRule.Members });
        await using var client = await server.ConnectAsync("ann");

        Assert.Equal("FORBIDDEN", (await client.RequestAsync("join_room", room: "ns:x")).ErrorCode);
        Assert.Equal(0, server.Rooms.Count);
    }

    [Theory]
    [InlineData(PublishRule.Members, "ann", false, "NOT_IN_ROOM")]
    [InlineData(PublishRule.Members, "-", true, null)]
    [InlineData(PublishRule.Members, "ann;admin", false, null)]
    [InlineData(PublishRule.Members, "ann;may=publish:ns:*", false, null)]
    [InlineData(PublishRule.Authenticated, "-", true, "FORBIDDEN")]
    [InlineData(PublishRule.Authenticated, "ann", false, null)]
    [InlineData(PublishRule.Anyone, "-", false, null)]
    [InlineData(PublishRule.Server, "ann", true, "FORBIDDEN")]
    [InlineData(PublishRule.Server, "ann;may=publish:ns:x", true, null)]
    [InlineData(PublishRule.Server, "ann;may=publish:ns:y", true, "FORBIDDEN")]
    [InlineData(PublishRule.Server, "ann;may=join:*", true, "FORBIDDEN")]
    [InlineData(PublishRule.Server, "-;admin", false, null)]
    public async Task Publish_RuleIdentityAndMembership_Decide(PublishRule rule, string credential, bool join, string? code)
    {
        await using var server = await LiveServer.StartAsync(options => options.Namespaces["ns"] = new() { Publish = rule });
        await using var client = await server.ConnectAsync(credential);
        if (join)
        {
            await client.JoinAsync("ns:x");
        }

        var answer = await client.RequestAsync("chat", room: "ns:x");

        Assert.Equal(code, answer.ErrorCode);
        Assert.Equal(code is null ? 1 : 0, server.Connections.Statistics.Published);
    }

    [Fact]
    public async Task Publish_RoomThatMayNotBeMade_IsNotFound()
    {
        await using var server = await LiveServer.StartAsync(
            static options => options.Namespaces["ns"] = new() { Publish = PublishRule.Anyone, AutoCreate = false });
        await using var client = await server.ConnectAsync();

        var answer = await client.RequestAsync("chat", room: "ns:x");
        var result = await server.Rooms.PublishAsync(RoomId.Parse("ns:x"), "chat", "{}"u8.ToArray());

        Assert.Equal("ROOM_NOT_FOUND", answer.ErrorCode);
        Assert.Equal("ROOM_NOT_FOUND", result.Error!.Code.Name);
    }

    [Fact]
    public void Resolve_WhatIsLeftOpen_ComesFromDefault()
    {
        var options = new RealtimeOptions();
        options.Namespaces["DEFAULT"] = new() { History = 7, Presence = false, SlowConsumer = SlowConsumerPolicy.Conflate, MaxMembers = 9 };
        options.Namespaces["Chat"] = new() { HistorySeconds = 5, Presence = true, Join = JoinRule.Authenticated, Publish = PublishRule.Server, AutoCreate = false };

        var rules = NamespaceRules.Resolve(options.Namespaces, shared: false);

        var chat = rules["cHAT"];
        Assert.Equal("Chat", chat.Name);
        Assert.Equal((7, TimeSpan.FromSeconds(5), true), (chat.History, chat.HistoryAge, chat.Presence));
        Assert.Equal((JoinRule.Authenticated, PublishRule.Server, SlowConsumerPolicy.Conflate), (chat.Join, chat.Publish, chat.SlowConsumer));
        Assert.Equal((9, false), (chat.MaxMembers, chat.AutoCreate));
        var fallback = rules["default"];
        Assert.Equal((7, TimeSpan.FromSeconds(300), false), (fallback.History, fallback.HistoryAge, fallback.Presence));
        Assert.Equal((JoinRule.Anyone, PublishRule.Members, true), (fallback.Join, fallback.Publish, fallback.AutoCreate));
    }

    [Fact]
    public void Resolve_NothingConfigured_IsTheDocumentedDefault()
    {
        var rules = NamespaceRules.Resolve(new RealtimeOptions().Namespaces, shared: false)["default"];

        Assert.Equal((100, TimeSpan.FromSeconds(300), true), (rules.History, rules.HistoryAge, rules.Presence));
        Assert.Equal((JoinRule.Anyone, PublishRule.Members, SlowConsumerPolicy.Disconnect), (rules.Join, rules.Publish, rules.SlowConsumer));
        Assert.Equal((100_000, true), (rules.MaxMembers, rules.AutoCreate));
    }

    [Fact]
    public async Task RulesOf_RoomNames_CompareNamespacesWithoutCase()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["Plain"] = new() { History = 0 });

        Assert.Null((await server.PublishAsync("pLAIN:x", 1)).Offset);
        Assert.Equal(1, (await server.PublishAsync("unknown:x", 1)).Offset);
        Assert.Equal(1, (await server.PublishAsync("plain", 1)).Offset);
    }

    [Theory]
    [InlineData(-1, 1, 1, "Namespaces:bad:History must be 0 to 100,000.")]
    [InlineData(100_001, 1, 1, "Namespaces:bad:History must be 0 to 100,000.")]
    [InlineData(0, 0, 1, "Namespaces:bad:HistorySeconds must be 1 to 31,536,000.")]
    [InlineData(0, 1, 0, "Namespaces:bad:MaxMembers must be 1 to 10,000,000.")]
    [InlineData(-1, 0, 0, "Namespaces:bad:History must", "Namespaces:bad:HistorySeconds must", "Namespaces:bad:MaxMembers must")]
    public async Task Start_NamespaceOutOfRange_FailsAndNamesIt(int history, int seconds, int members, params string[] problems)
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => LiveServer.StartAsync(
            options => options.Namespaces["bad"] = new() { History = history, HistorySeconds = seconds, MaxMembers = members }));

        Assert.All(problems, problem => Assert.Contains(problem, failure.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_OptionsOutOfRange_FailsAndNamesThemAll()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(static () => LiveServer.StartAsync(static options =>
        {
            options.MaxMessageBytes = 1;
            options.HeartbeatSeconds = 0;
            options.DrainSeconds = -1;
        }));

        Assert.Contains("MaxMessageBytes", failure.Message, StringComparison.Ordinal);
        Assert.Contains("HeartbeatSeconds", failure.Message, StringComparison.Ordinal);
        Assert.Contains("DrainSeconds", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bind_FromConfiguration_TakesNamesOfTheWire()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Namespaces:chat:SlowConsumer"] = "drop_oldest",
            ["Namespaces:chat:Join"] = "permission",
            ["Namespaces:chat:Publish"] = "server",
            ["Namespaces:chat:History"] = "5",
        }).Build();

        var options = new RealtimeOptions();
        configuration.Bind(options);

        var chat = options.Namespaces["CHAT"];
        Assert.Equal((SlowConsumerPolicy.DropOldest, JoinRule.Permission, PublishRule.Server, 5), (chat.SlowConsumer, chat.Join, chat.Publish, chat.History));
    }

    [Fact]
    public void Convert_UnknownName_ListsTheKnown()
    {
        var converter = TypeDescriptor.GetConverter(typeof(SlowConsumerPolicy));

        Assert.Equal(SlowConsumerPolicy.Conflate, converter.ConvertFromInvariantString("CONFLATE"));
        var failure = Assert.Throws<FormatException>(() => converter.ConvertFromInvariantString("drop_newest"));
        Assert.Equal("'drop_newest' is none of: disconnect, drop_oldest, conflate.", failure.Message);
        Assert.Throws<NotSupportedException>(() => converter.ConvertFrom(5));
    }

    [Fact]
    public void Map_WithoutAddRealtime_SaysWhatToAdd()
    {
        using var app = WebApplication.CreateSlimBuilder().Build();

        Assert.Contains("AddRealtime", Assert.Throws<InvalidOperationException>(() => app.MapRealtime()).Message, StringComparison.Ordinal);
        Assert.Contains("AddRealtime", Assert.Throws<InvalidOperationException>(() => app.MapRoomEvents()).Message, StringComparison.Ordinal);
    }
}
