namespace Causeway.Realtime.Tests;

/// <summary>D11, E3: live connections follow their credential.</summary>
public sealed class AccessChangeTests
{
    private static readonly RoomId Secret = RoomId.Parse("secret:a");

    [Fact]
    public async Task UpdateUser_MayNotJoinAnyMore_IsPutOutOfThatRoomAndNoOther()
    {
        await using var server = await StartAsync();
        await using var ann = await server.ConnectAsync("ann;may=join:secret:*");
        await using var bob = await server.ConnectAsync("bob;may=join:secret:*");
        foreach (var client in (LiveClient[])[ann, bob])
        {
            await client.JoinAsync("secret:a");
            await client.JoinAsync("general");
        }

        var changed = server.Connections.UpdateUser("ann", static identity => identity with { Permissions = new HashSet<string>() }, "no longer on the team");
        var kicked = await ann.NextAsync("kicked");
        await server.PublishAsync("secret:a", 1);
        await server.PublishAsync("general", 2);

        Assert.Equal(1, changed);
        Assert.Equal(("secret:a", "no longer on the team"), (kicked.Text("room_id"), kicked.Text("reason")));
        Assert.Equal(2, (await ann.NextAsync("chat")).Number("n"));
        Assert.Equal([1, 2], (await bob.NextNumbersAsync(2)).Order());
        Assert.Equal("NOT_IN_ROOM", (await ann.RequestAsync("leave_room", room: "secret:a")).ErrorCode);
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("join_room", room: "secret:a")).ErrorCode);
        Assert.Equal(["bob"], server.Rooms.Members(Secret)!.Select(static member => member.UserId));
    }

    [Fact]
    public async Task UpdateUser_MayNotPublishAnyMore_StaysAndIsRefusedFromTheNextMessageOn()
    {
        await using var server = await LiveServer.StartAsync(static options => options.Namespaces["news"] = new() { Publish = PublishRule.Server });
        await using var ann = await server.ConnectAsync("ann;may=publish:news:*");
        await ann.JoinAsync("news:x");
        Assert.Null((await ann.RequestAsync("chat", room: "news:x")).ErrorCode);

        server.Connections.UpdateUser("ann", static identity => identity with { Permissions = new HashSet<string> { "publish:news:other" } });

        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("chat", room: "news:x")).ErrorCode);
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("typing", new JsonObject { ["is_typing"] = true }, "news:x")).ErrorCode);
        Assert.Single(server.Rooms.Members(RoomId.Parse("news:x"))!);
    }

    [Fact]
    public async Task UpdateUser_MoreThanBefore_OpensRoomsAtOnce()
    {
        await using var server = await StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        Assert.Equal("FORBIDDEN", (await ann.RequestAsync("join_room", room: "secret:a")).ErrorCode);

        server.Connections.UpdateUser("ann", static identity => identity with { IsAdmin = true });

        await ann.JoinAsync("secret:a");
    }

    [Fact]
    public async Task UpdateUser_WhoTheyAre_StaysAsItWas()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann;name=Ann;session=s1;device=phone");
        await ann.JoinAsync("general");

        server.Connections.UpdateUser("ann", static _ => new RealtimeIdentity
        {
            UserId = "bob",
            Name = "Bob",
            SessionId = "s2",
            Device = "laptop",
            Claims = new Dictionary<string, string> { ["team"] = "red" },
        });

        var info = Assert.Single(server.Connections.List());
        Assert.Equal(("ann", "Ann", "s1", "phone"), (info.UserId, info.Name, info.SessionId, info.Device));
        Assert.Equal(1, server.Connections.DisconnectUser("ann", CloseReason.Revoked));
        Assert.Equal(4501, (await ann.Closed).Code);
    }

    [Fact]
    public async Task UpdateUser_AnotherEnd_ClosesThen()
    {
        using var core = new LoneCore(static options => (options.HeartbeatSeconds, options.IdleTimeoutSeconds) = (3_600, 3_600));
        var line = core.Connect("ann");
        var end = core.Time.GetUtcNow().AddSeconds(5);

        core.Core.Connections.UpdateUser("ann", identity => identity with { ExpiresAt = end });
        await core.AdvanceAsync(TimeSpan.FromSeconds(4));
        Assert.Null(line.CloseCode);
        await core.AdvanceAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(4001, line.CloseCode);
    }

    [Fact]
    public async Task UpdateAll_OnlyThoseThatChange_AreCounted()
    {
        await using var server = await StartAsync();
        await using var ann = await server.ConnectAsync("ann;may=join:secret:*");
        await using var bob = await server.ConnectAsync("bob;may=join:secret:*");
        await ann.JoinAsync("secret:a");
        await bob.JoinAsync("secret:a");

        var changed = server.Connections.UpdateAll(static identity =>
            identity.UserId == "bob" ? identity with { Permissions = new HashSet<string>() } : identity);

        Assert.Equal(1, changed);
        Assert.Equal("secret:a", (await bob.NextAsync("kicked")).Text("room_id"));
        Assert.Equal(["ann", "bob"], server.Connections.UserIds.Order(StringComparer.Ordinal));
        Assert.Equal(["ann"], server.Rooms.Members(Secret)!.Select(static member => member.UserId));
    }

    [Fact]
    public async Task DisconnectSession_OneOfAUsers_ClosesItsConnectionsOnBothTransportsOnly()
    {
        await using var server = await LiveServer.StartAsync();
        await using var phone = await server.ConnectAsync("ann;session=phone");
        await using var laptop = await server.ConnectAsync("ann;session=laptop");
        using var stream = await server.StreamAsync("room=general", credential: "ann;session=phone");
        await stream.ReadAsync("connected");

        Assert.Equal(2, server.Connections.DisconnectSession("phone", CloseReason.Revoked));

        var close = await phone.Closed;
        Assert.Equal(((ushort)4501, "credential revoked"), (close.Code, close.Reason));
        Assert.Null(await stream.ReadAsync());
        Assert.Equal("pong", (await laptop.PingAsync()).Type);
        await Eventually.Equal(1, () => server.Connections.Count);
        Assert.Equal(0, server.Connections.DisconnectSession("phone", CloseReason.Revoked));
        Assert.Equal(0, server.Connections.DisconnectSession("never", CloseReason.Revoked));
    }

    [Fact]
    public async Task DisconnectWhere_Predicate_ClosesThoseItPicks()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann;may=x");
        await using var bob = await server.ConnectAsync("bob");

        Assert.Equal(1, server.Connections.DisconnectWhere(static identity => identity.Permissions.Contains("x"), CloseReason.CredentialExpired));

        Assert.Equal(4001, (await ann.Closed).Code);
        Assert.Equal("pong", (await bob.PingAsync()).Type);
    }

    [Fact]
    public async Task Review_WhoeverIsConcerned_IsClosedOrHasWhatItShouldHave()
    {
        await using var server = await StartAsync();
        await using var ann = await server.ConnectAsync("ann;may=join:secret:*");
        await using var bob = await server.ConnectAsync("bob;may=join:secret:*");
        await using var cid = await server.ConnectAsync("cid");
        await ann.JoinAsync("secret:a");

        var changed = await server.Connections.ReviewAsync(
            static identity => identity.UserId != "cid",
            static (identity, _) => ValueTask.FromResult(identity.UserId == "bob"
                ? ReviewOutcome.Close(CloseReason.CredentialExpired)
                : ReviewOutcome.Keep(identity with { Permissions = new HashSet<string>() })));

        Assert.Equal(2, changed);
        Assert.Equal(4001, (await bob.Closed).Code);
        Assert.Equal("secret:a", (await ann.NextAsync("kicked")).Text("room_id"));
        Assert.Equal("pong", (await cid.PingAsync()).Type);
    }

    [Fact]
    public async Task Review_OneThatCantBeLookedAt_StaysAndTheOthersAreDone()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann");
        await using var bob = await server.ConnectAsync("bob");

        var failure = await Assert.ThrowsAsync<AggregateException>(() => server.Connections.ReviewAsync(
            static _ => true,
            static (identity, _) => identity.UserId == "ann" ? throw new IOException("away") : default));

        Assert.IsType<IOException>(Assert.Single(failure.InnerExceptions));
        Assert.Equal(4501, (await bob.Closed).Code);
        Assert.Equal("pong", (await ann.PingAsync()).Type);
    }

    [Fact]
    public async Task Review_CredentialRenewedMeanwhile_IsLookedAtAgain()
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync("ann;may=old");
        var seen = new List<string>();

        await server.Connections.ReviewAsync(
            static _ => true,
            async (identity, _) =>
            {
                seen.Add(identity.Permissions.Single());
                if (seen.Count == 1)
                {
                    Assert.Null((await ann.RequestAsync("refresh_token", new JsonObject { ["access_token"] = "ann;may=new" })).ErrorCode);
                }

                return ReviewOutcome.Keep(identity with { IsAdmin = true });
            });

        Assert.Equal(["old", "new"], seen);
    }

    [Fact]
    public async Task Stream_OfSeveralRooms_LosesJustTheOne()
    {
        await using var server = await StartAsync();
        using var stream = await server.StreamAsync("room=secret:a&room=general", credential: "ann;may=join:secret:*");
        await stream.ReadAsync("connected");

        server.Connections.UpdateUser("ann", static identity => identity with { Permissions = new HashSet<string>() });
        var kicked = await stream.ReadAsync("kicked");
        await server.PublishAsync("secret:a", 1);
        await server.PublishAsync("general", 2);
        var next = await stream.ReadAsync();

        Assert.Equal("secret:a", kicked.Message.Text("room_id"));
        Assert.Equal(("general", 2), (next!.Message.RoomId, next.Message.Number("n")));
        using var again = await server.StreamAsync("room=secret:a&room=general", credential: "ann");
        Assert.Equal(403, again.Head.Status);
    }

    [Fact]
    public async Task Refresh_ToFewerPermissions_PutsOutOfRooms()
    {
        await using var server = await StartAsync();
        await using var ann = await server.ConnectAsync("ann;may=join:secret:*");
        await ann.JoinAsync("secret:a");

        var answer = await ann.RequestAsync("refresh_token", new JsonObject { ["access_token"] = "ann" });

        Assert.Null(answer.ErrorCode);
        Assert.Contains(ann.Log, static message => message.Type == "kicked");
    }

    [Theory]
    [InlineData("ann;session=s1", "ann;session=s2")]
    [InlineData("ann;session=s1", "ann")]
    [InlineData("ann", "ann;session=s1")]
    public async Task Refresh_TokenOfAnotherSession_ForbiddenAndTheSessionStays(string credential, string token)
    {
        await using var server = await LiveServer.StartAsync();
        await using var ann = await server.ConnectAsync(credential);

        var answer = await ann.RequestAsync("refresh_token", new JsonObject { ["access_token"] = token });
        var same = await ann.RequestAsync("refresh_token", new JsonObject { ["access_token"] = credential + ";seconds=90" });

        Assert.Equal("FORBIDDEN", answer.ErrorCode);
        Assert.Null(same.ErrorCode);
        Assert.Equal(credential.Contains("s1", StringComparison.Ordinal) ? 1 : 0, server.Connections.DisconnectSession("s1", CloseReason.Revoked));
    }

    [Fact]
    public async Task Connect_RevokedBetweenTheCheckAndTheRegister_IsClosedAllTheSame()
    {
        await using var server = await LiveServer.StartAsync();
        const string Credential = "ann;session=s1";
        RevokeWhenRead(server, Credential, () => server.Connections.DisconnectSession("s1", CloseReason.Revoked));
        await using var ann = await server.ConnectAsync(Credential);

        Assert.Equal(4501, (await ann.Closed).Code);
        await Eventually.Equal(0, () => server.Connections.Count);
    }

    [Fact]
    public async Task Stream_RevokedBetweenTheCheckAndTheRegister_IsEnded()
    {
        await using var server = await LiveServer.StartAsync();
        const string Credential = "ann;session=s1";
        RevokeWhenRead(server, Credential, () => server.Connections.DisconnectSession("s1", CloseReason.Revoked));
        using var stream = await server.StreamAsync("room=general", credential: Credential);

        while (await stream.ReadAsync() is not null)
        {
        }

        await Eventually.Equal(0, () => server.Connections.Count);
    }

    [Fact]
    public async Task Connect_PermissionsChangedBetweenTheCheckAndTheRegister_HasTheNewOnes()
    {
        await using var server = await StartAsync();
        var reads = 0;
        server.Authenticator.AfterRead = _ =>
        {
            if (Interlocked.Increment(ref reads) == 1)
            {
                server.Connections.UpdateUser("ann", static identity => identity);
            }
        };

        await using var ann = await server.ConnectAsync("ann");

        await Eventually.Equal(2, () => Volatile.Read(ref reads));
        Assert.Equal("pong", (await ann.PingAsync()).Type);
    }

    [Fact]
    public async Task Connect_SecondCheckFails_ClosesAsAFaultOfTheServer()
    {
        await using var server = await LiveServer.StartAsync();
        var reads = 0;
        server.Authenticator.AfterRead = _ =>
        {
            if (Interlocked.Increment(ref reads) > 1)
            {
                throw new InvalidOperationException("The keys can't be read.");
            }

            server.Connections.UpdateUser("ann", static identity => identity);
        };

        await using var ann = await server.ConnectAsync("ann");

        Assert.Equal(1011, (await ann.Closed).Code);
        Assert.Contains(server.Logs.Events, static entry => entry.Id.Id == 3011);
    }

    [Fact]
    public async Task Join_WhileAccessIsWithdrawn_LeavesNobodyInside()
    {
        using var core = new LoneCore(static options =>
        {
            options.Namespaces["secret"] = new() { Join = JoinRule.Permission };
            options.HeartbeatSeconds = 240;
            options.IdleTimeoutSeconds = 480;
        });
        var lines = Enumerable.Range(0, 8).Select(n => core.Connect($"u{n};may=join:secret:*")).ToArray();
        var open = (IReadOnlySet<string>)new HashSet<string> { "join:secret:*" };
        var shut = (IReadOnlySet<string>)new HashSet<string>();

        for (var round = 0; round < 200; round++)
        {
            var joins = lines.Select(line => Task.Run(() => line.Say("join_room", "secret:a", reference: "j")));
            var withdrawal = Task.Run(() => core.Core.Connections.UpdateAll(identity => identity with { Permissions = shut }));
            await Task.WhenAll(joins.Append(withdrawal)).Within();

            Assert.Empty(core.Core.Rooms.Members(Secret) ?? []);
            Assert.All(lines, static line => Assert.Equal(0, line.Connection.RoomCount));
            core.Core.Connections.UpdateAll(identity => identity with { Permissions = open });

            // A hundred refusals in one moment would end a connection.
            core.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await core.SettleAsync();
        Assert.All(lines, static line => Assert.Equal(200, line.Heard.Count(static message => message.Ref == "j")));
        core.Logs.AssertQuiet();
    }

    private static Task<LiveServer> StartAsync() =>
        LiveServer.StartAsync(static options => options.Namespaces["secret"] = new() { Join = JoinRule.Permission });

    private static void RevokeWhenRead(LiveServer server, string credential, Action announce) => server.Authenticator.AfterRead = read =>
    {
        if (read == credential && server.Authenticator.Revoked.TryAdd(credential, true))
        {
            announce();
        }
    };
}
