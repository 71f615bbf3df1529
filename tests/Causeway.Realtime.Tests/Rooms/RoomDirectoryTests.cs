namespace Causeway.Realtime.Tests;

/// <summary>D3, E3: rooms that the application keeps, with rules and members of their own.</summary>
public sealed class RoomDirectoryTests
{
    private static readonly RoomId Room = RoomId.Parse("ns:x");

    private readonly TestDirectory _directory = new();

    [Fact]
    public async Task Join_RoomOfTheDirectory_IsThereWhereNoneMayBeMade()
    {
        await using var server = await StartAsync(static rules => rules.AutoCreate = false);
        _directory.Set("ns:x");
        await using var ann = await server.ConnectAsync("ann");

        await ann.JoinAsync("ns:x");
        var unknown = await ann.RequestAsync("join_room", room: "ns:y");
        using var stream = await server.StreamAsync("room=ns:x", credential: "ann");
        using var none = await server.StreamAsync("room=ns:y", credential: "ann");

        Assert.Equal("ROOM_NOT_FOUND", unknown.ErrorCode);
        Assert.Equal((200, 404), (stream.Head.Status, none.Head.Status));
        Assert.True(server.Rooms.Find(Room)!.Permanent);
        Assert.True((await server.Rooms.PublishAsync(Room, "chat", "{}"u8.ToArray())).Published);
        Assert.Equal("ROOM_NOT_FOUND", (await server.Rooms.PublishAsync(RoomId.Parse("ns:y"), "chat", "{}"u8.ToArray())).Error!.Code.Name);
    }

    [Fact]
    public async Task Join_RulesOfTheRoom_CountBeforeAnybodyOpenedIt()
    {
        await using var server = await StartAsync();
        _directory.Set("ns:x", new RoomOverrides { Join = JoinRule.Members, Publish = PublishRule.Server, MaxMembers = 1, History = 0, Presence = false }, ("ann", RoomRole.Member), ("bob", RoomRole.Member));
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        await using var cid = await server.ConnectAsync("cid");

        Assert.Equal("FORBIDDEN", (await cid.RequestAsync("join_room", room: "ns:x")).ErrorCode);
        var joined = await ann.JoinAsync("ns:x");

        Assert.True(joined.IsNull("offset"));
        Assert.DoesNotContain("members", joined.Fields());
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("chat", room: "ns:x")).ErrorCode);
        Assert.Equal("ROOM_FULL", (await bob.RequestAsync("join_room", room: "ns:x")).ErrorCode);
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("presence", room: "ns:x")).ErrorCode);
        await cid.JoinAsync("ns:other");
    }

    [Theory]
    [InlineData(RoomRole.Owner, null)]
    [InlineData(RoomRole.Moderator, null)]
    [InlineData(RoomRole.Member, null)]
    [InlineData(RoomRole.Reader, "FORBIDDEN")]
    public async Task Publish_RoleInTheRoom_Decides(RoomRole role, string? code)
    {
        await using var server = await StartAsync(static rules => rules.Join = JoinRule.Members);
        _directory.Set("ns:x", null, ("ann", role));
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("ns:x");

        Assert.Equal(code, (await ann.RequestAsync("chat", room: "ns:x")).ErrorCode);
        Assert.Equal(code, (await server.Core.Access.CheckPublishAsync(server.Authenticator.IdentityOf("ann"), Room))?.Code.Name);
    }

    [Fact]
    public async Task Publish_ToARoomInMemory_AsksNothing()
    {
        await using var server = await StartAsync();
        _directory.Set("ns:x", null, ("ann", RoomRole.Member));
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("ns:x");
        var asked = _directory.Asked;

        for (var n = 0; n < 50; n++)
        {
            Assert.Null((await ann.RequestAsync("chat", room: "ns:x")).ErrorCode);
            await server.PublishAsync("ns:x", n);
        }

        Assert.Equal(asked, _directory.Asked);
    }

    [Fact]
    public async Task Join_RoomThatTheDirectoryDoesNotHave_AsksForTheFirstOnly()
    {
        await using var server = await StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");

        await ann.JoinAsync("ns:x");
        await bob.JoinAsync("ns:x");
        await ann.LeaveAsync("ns:x");
        await ann.JoinAsync("ns:x");

        Assert.Equal(1, _directory.Asked);
    }

    [Fact]
    public async Task Publish_NotInMemoryNorInTheRoom_FollowsTheRulesOfTheRoom()
    {
        await using var server = await StartAsync(static rules => (rules.Publish, rules.AutoCreate) = (PublishRule.Anyone, false));
        _directory.Set("ns:x");
        _directory.Set("ns:quiet", new RoomOverrides { Publish = PublishRule.Server });
        await using var ann = await server.ConnectAsync("ann");

        var published = await ann.RequestAsync("chat", room: "ns:x");

        Assert.Equal(1, published.Number("offset"));
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("chat", room: "ns:quiet")).ErrorCode);
        Assert.Equal("ROOM_NOT_FOUND", (await ann.RequestAsync("chat", room: "ns:none")).ErrorCode);
    }

    [Fact]
    public async Task Refresh_RoleWithdrawn_PutsOutOnBothTransports()
    {
        await using var server = await StartAsync(static rules => rules.Join = JoinRule.Members);
        _directory.Set("ns:x", null, ("ann", RoomRole.Member), ("bob", RoomRole.Member));
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        await ann.JoinAsync("ns:x");
        await bob.JoinAsync("ns:x");
        using var stream = await server.StreamAsync("room=ns:x", credential: "ann");
        await stream.ReadAsync("connected");

        _directory.SetRole("ns:x", "ann", null);
        await server.Rooms.RefreshUserAsync(Room, "ann", "left the team");

        Assert.Equal("left the team", (await ann.NextAsync("kicked")).Text("reason"));
        Assert.Equal("left the team", (await stream.ReadAsync("kicked")).Message.Text("reason"));
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("join_room", room: "ns:x")).ErrorCode);
        Assert.Null((await bob.RequestAsync("chat", room: "ns:x")).ErrorCode);
    }

    [Fact]
    public async Task Refresh_MemberBecomesReader_StaysAndPublishesNoMore()
    {
        await using var server = await StartAsync(static rules => rules.Join = JoinRule.Members);
        _directory.Set("ns:x", null, ("ann", RoomRole.Member));
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("ns:x");

        _directory.SetRole("ns:x", "ann", RoomRole.Reader);
        await server.Rooms.RefreshUserAsync(Room, "ann");

        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("chat", room: "ns:x")).ErrorCode);
        Assert.Equal(1, server.Rooms.Find(Room)!.Connections);
        _directory.SetRole("ns:x", "ann", RoomRole.Owner);
        await server.Rooms.RefreshUserAsync(Room, "ann");
        Assert.Null((await ann.RequestAsync("chat", room: "ns:x")).ErrorCode);
    }

    [Fact]
    public async Task Refresh_RoomComesToTheDirectoryWhileOpen_KeepsItsMembersAndPutsOutTheOthers()
    {
        await using var server = await StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        await ann.JoinAsync("ns:x");
        await bob.JoinAsync("ns:x");
        var epoch = server.Rooms.Find(Room)!.Epoch;

        _directory.Set("ns:x", new RoomOverrides { Join = JoinRule.Members }, ("ann", RoomRole.Owner));
        await server.Rooms.RefreshAsync(Room);

        await bob.NextAsync("kicked");
        Assert.Null((await ann.RequestAsync("chat", room: "ns:x")).ErrorCode);
        Assert.Equal((true, 1, epoch), (server.Rooms.Find(Room)!.Permanent, server.Rooms.Find(Room)!.Connections, server.Rooms.Find(Room)!.Epoch));
    }

    [Fact]
    public async Task Refresh_RoomGone_ClosesIt()
    {
        await using var server = await StartAsync(static rules => rules.AutoCreate = false);
        _directory.Set("ns:x");
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("ns:x");

        _directory.Remove("ns:x");
        await server.Rooms.RefreshAsync(Room, "season over");

        Assert.Equal("season over", (await ann.NextAsync("room_closed")).Text("reason"));
        Assert.Null(server.Rooms.Find(Room));
        Assert.Equal("ROOM_NOT_FOUND", (await ann.RequestAsync("join_room", room: "ns:x")).ErrorCode);
    }

    [Theory]
    [InlineData("over", null, "over")]
    [InlineData("over", "given", "over")]
    [InlineData(null, "given", "given")]
    [InlineData(null, null, "deleted")]
    public async Task Refresh_RoomGone_MembersAreToldWhatTheDirectorySays(string? said, string? given, string told)
    {
        await using var server = await StartAsync();
        _directory.Set("ns:x");
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("ns:x");

        _directory.Reason = () => said;
        _directory.Remove("ns:x");
        await server.Rooms.RefreshAsync(Room, given);

        Assert.Equal(told, (await ann.NextAsync("room_closed")).Text("reason"));
    }

    [Fact]
    public async Task Refresh_RoomGoneAndNobodyCanSayWhy_ClosesItAllTheSame()
    {
        await using var server = await StartAsync();
        _directory.Set("ns:x");
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("ns:x");

        _directory.Reason = static () => throw new IOException("The directory is away.");
        _directory.Remove("ns:x");
        await server.Rooms.RefreshAsync(Room);

        Assert.Equal("deleted", (await ann.NextAsync("room_closed")).Text("reason"));
    }

    /// <summary>A deletion between two answers looks like a role that was taken: whoever is in the room must hear that it is closed, not that they were put out.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refresh_RoomGoesWhileItIsRead_ClosesItAndKicksNobody(bool ofOneUser)
    {
        await using var server = await StartAsync();
        _directory.Set("ns:x", new RoomOverrides { Join = JoinRule.Members }, ("ann", RoomRole.Member));
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("ns:x");
        _directory.BeforeDelivery = room =>
        {
            _directory.Remove(room);
            return Task.CompletedTask;
        };

        if (ofOneUser)
        {
            _directory.Remove("ns:x");
            await server.Rooms.RefreshUserAsync(Room, "ann");
        }
        else
        {
            await server.Rooms.RefreshAsync(Room);
            await server.Rooms.RefreshAsync(Room);
        }

        Assert.Equal("room_closed", (await ann.NextAsync()).Type);
        Assert.Null(server.Rooms.Find(Room));
    }

    [Fact]
    public async Task Refresh_ManyUsersInTheRoom_AsksForAllRolesInPieces()
    {
        using var core = new LoneCore(static options => options.MaxConnectionsPerAddress = 10_000, _directory);
        _directory.Set("ns:x");
        for (var n = 0; n < 1_201; n++)
        {
            var (_, refused) = await core.Core.Door.EnterAsync(core.Connect($"u{n}").Connection, Room, echo: true);
            Assert.Null(refused);
        }

        _directory.Set("ns:x", new RoomOverrides { Join = JoinRule.Members }, [.. Enumerable.Range(0, 1_000).Select(static n => ($"u{n}", RoomRole.Member))]);
        var asked = _directory.Asked;
        await core.Core.Rooms.RefreshAsync(Room);

        Assert.Equal(1_000, core.Core.Rooms.Find(Room)!.Connections);
        Assert.Equal(asked + 4, _directory.Asked);
    }

    [Fact]
    public async Task Refresh_NothingOpenOrNoDirectory_DoesNothing()
    {
        await using var server = await StartAsync();
        await using var bare = await LiveServer.StartAsync();

        await server.Rooms.RefreshAsync(Room);
        await server.Rooms.RefreshUserAsync(Room, "ann");
        await bare.Rooms.RefreshAsync(Room);

        Assert.Equal((0, 0), (_directory.Asked, server.Rooms.Count));
    }

    [Fact]
    public async Task Join_DirectoryFails_IsUnavailableAndOpenRoomsGoOn()
    {
        await using var server = await StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        await ann.JoinAsync("ns:x");

        _directory.Failure = new IOException("The database is away.");
        var join = await ann.RequestAsync("join_room", room: "ns:y");
        var presence = await ann.RequestAsync("presence", room: "ns:y");
        using var stream = await server.StreamAsync("room=ns:y", credential: "ann");

        Assert.Equal(("UNAVAILABLE", "UNAVAILABLE", 503), (join.ErrorCode, presence.ErrorCode, stream.Head.Status));
        Assert.DoesNotContain("database", join.ToString(), StringComparison.Ordinal);
        Assert.Null((await ann.RequestAsync("chat", room: "ns:x")).ErrorCode);
        Assert.Equal("UNAVAILABLE", (await server.Rooms.PublishAsync(RoomId.Parse("ns:y"), "chat", "{}"u8.ToArray())).Error!.Code.Name);
        await Assert.ThrowsAsync<IOException>(() => server.Rooms.RefreshAsync(Room));
        Assert.Contains(server.Logs.Events, static entry => entry.Id.Id == 3009);
        _directory.Failure = null;
        await ann.JoinAsync("ns:y");
    }

    [Fact]
    public async Task Join_MembershipWithdrawnWhileItIsLookedUp_IsRefused()
    {
        await using var server = await StartAsync(static rules => rules.Join = JoinRule.Members);
        _directory.Set("ns:x", null, ("ann", RoomRole.Member));
        var withdrawn = 0;
        _directory.BeforeDelivery = async _ =>
        {
            if (Interlocked.Exchange(ref withdrawn, 1) == 0)
            {
                _directory.SetRole("ns:x", "ann", null);
                await server.Rooms.RefreshUserAsync(Room, "ann");
            }
        };
        await using var ann = await server.ConnectAsync("ann");

        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("join_room", room: "ns:x")).ErrorCode);
        Assert.Equal(0, server.Rooms.Find(Room)?.Connections ?? 0);
    }

    [Fact]
    public async Task Join_RoomComesToTheDirectoryWhileItIsLookedUp_HasItsRules()
    {
        await using var server = await StartAsync();
        var stored = 0;
        _directory.BeforeDelivery = async _ =>
        {
            if (Interlocked.Exchange(ref stored, 1) == 0)
            {
                _directory.Set("ns:x", new RoomOverrides { Publish = PublishRule.Server });
                await server.Rooms.RefreshAsync(Room);
            }
        };
        await using var ann = await server.ConnectAsync("ann");

        await ann.JoinAsync("ns:x");

        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("chat", room: "ns:x")).ErrorCode);
        Assert.True(server.Rooms.Find(Room)!.Permanent);
    }

    [Fact]
    public async Task Publish_RoomComesToTheDirectoryWhileItIsLookedUp_HasItsRules()
    {
        await using var server = await StartAsync();
        var stored = 0;
        _directory.BeforeDelivery = async _ =>
        {
            if (Interlocked.Exchange(ref stored, 1) == 0)
            {
                _directory.Set("ns:x", new RoomOverrides { Publish = PublishRule.Server });
                await server.Rooms.RefreshAsync(Room);
            }
        };

        await server.PublishAsync("ns:x", 1);

        Assert.True(server.Rooms.Find(Room)!.Permanent);
    }

    [Fact]
    public async Task Join_WhileMembershipComesAndGoes_EndsAsTheDirectorySays()
    {
        using var core = new LoneCore(static options => options.Namespaces["ns"] = new() { Join = JoinRule.Members }, _directory);
        var users = Enumerable.Range(0, 6).Select(static n => $"u{n}").ToArray();
        var connections = users.Select(user => core.Connect(user).Connection).ToArray();
        _directory.Set("ns:x");
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var work = users.Select((user, i) => Task.Run(async () =>
            {
                var (member, refused) = await core.Core.Door.EnterAsync(connections[i], Room, echo: true);
                Assert.True(refused is null ? member is not null : refused.Code.Name == "FORBIDDEN");
            })).ToList();
            foreach (var user in users)
            {
                RoomRole? role = random.Next(2) == 0 ? null : RoomRole.Member;
                work.Add(Task.Run(async () =>
                {
                    _directory.SetRole("ns:x", user, role);
                    await core.Core.Rooms.RefreshUserAsync(Room, user);
                }));
            }

            await Task.WhenAll(work).Within();

            // Whoever has no role is out. One with a role may have come too early, but is in after another try.
            for (var i = 0; i < users.Length; i++)
            {
                var entry = await _directory.FindAsync(Room, users[i], default);
                if (entry!.Role is null)
                {
                    Assert.Equal(0, connections[i].RoomCount);
                }
                else if (connections[i].RoomCount == 0)
                {
                    Assert.Null((await core.Core.Door.EnterAsync(connections[i], Room, echo: true)).Error);
                }
            }

            core.Core.Rooms.KickUser(Room, "u0", "make room");
            Assert.Equal(connections.Sum(static connection => connection.RoomCount), core.Core.Rooms.Find(Room)?.Connections ?? 0);
            foreach (var user in users)
            {
                core.Core.Rooms.KickUser(Room, user, "next round");
            }
        }

        await core.SettleAsync();
        core.Logs.AssertQuiet();
    }

    [Fact]
    public async Task Update_AllowedUsersWithoutADirectory_PutsOutWhoIsNamedNoMore()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["ns"] = new() { Join = JoinRule.Members });
        server.Rooms.Create(Room, new RoomSettings { AllowedUsers = ["ann", "bob"] });
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");
        await ann.JoinAsync("ns:x");
        await bob.JoinAsync("ns:x");

        Assert.Null(server.Rooms.Update(Room, new RoomSettings { AllowedUsers = ["bob"] }));

        Assert.Equal("ns:x", (await ann.NextAsync("kicked")).Text("room_id"));
        Assert.Null((await bob.RequestAsync("chat", room: "ns:x")).ErrorCode);
    }

    [Fact]
    public async Task CheckCreate_RuleOfTheNamespace_Decides()
    {
        await using var server = await LiveServer.StartAsync(static options =>
        {
            options.Namespaces["own"] = new() { Create = CreateRule.Authenticated };
            options.Namespaces["may"] = new() { Create = CreateRule.Permission };
        });

        Assert.Equal(
            ["own:x", "may:x"],
            Allowed("ann;may=create:may:*").Where(static room => room != "general"));
        Assert.Equal(["own:x"], Allowed("ann"));
        Assert.Empty(Allowed("-;may=create:may:y"));
        Assert.Equal(["general", "own:x", "may:x"], Allowed("-;admin"));

        IEnumerable<string> Allowed(string credential) => ((string[])["general", "own:x", "may:x"])
            .Where(room => server.Core.Access.CheckCreate(server.Authenticator.IdentityOf(credential), RoomId.Parse(room)) is null);
    }

    private Task<LiveServer> StartAsync(Action<NamespaceOptions>? rules = null) => LiveServer.StartAsync(
        options =>
        {
            var ns = new NamespaceOptions();
            rules?.Invoke(ns);
            options.Namespaces["ns"] = ns;
        },
        build: builder => builder.Services.AddSingleton<IRoomDirectory>(_directory));
}
