namespace Causeway.Realtime.Tests;

/// <summary>What a room keeps of who is in it on other nodes.</summary>
public sealed class SharedPresenceTests
{
    private static readonly RoomId Room = RoomId.Parse("lobby", null);

    [Fact]
    public void Take_ManyComeAndGo_KeepsFewOfThem()
    {
        var presence = new Presence();
        for (var n = 1; n <= 20_000; n++)
        {
            presence.Take(new NodePresence("a", Room, $"u{n}", null, 1, 2 * n));
            var left = presence.Take(new NodePresence("a", Room, $"u{n}", null, 0, (2 * n) + 1));
            presence.EndGrace($"u{n}", left.Absence!.Value);
        }

        Assert.Equal(0, presence.Count);
        Assert.InRange(presence.KnownElsewhere, 1, 2_048);
    }

    [Fact]
    public void Take_OlderWordAfterTheUserLeft_DoesNotBringThemBack()
    {
        var presence = new Presence();
        presence.Take(new NodePresence("a", Room, "ann", null, 1, 1));
        presence.Take(new NodePresence("a", Room, "ann", null, 0, 3));

        presence.Take(new NodePresence("a", Room, "ann", null, 1, 2));

        Assert.Equal((0, 0), (presence.Count, presence.DevicesElsewhere));
    }

    [Fact]
    public void Forget_WhatCameWhileItWasRead_Stays()
    {
        var presence = new Presence();
        presence.Take(new NodePresence("a", Room, "ann", null, 1, 1));
        var words = presence.Words;
        presence.Take(new NodePresence("a", Room, "bob", null, 1, 2));

        presence.Forget(static (_, _) => true, words);

        Assert.Equal("bob", Assert.Single(presence.Members()).UserId);
    }

    [Fact]
    public void EndGrace_OfAnAbsenceBeforeTheUserWasForgotten_ChangesNothing()
    {
        var presence = new Presence();
        presence.Enter(new RealtimeIdentity { UserId = "ann" });
        var first = presence.Leave(new RealtimeIdentity { UserId = "ann" })!.Value;
        Assert.NotNull(presence.EndGrace("ann", first));
        presence.Enter(new RealtimeIdentity { UserId = "ann" });
        var second = presence.Leave(new RealtimeIdentity { UserId = "ann" })!.Value;

        Assert.Null(presence.EndGrace("ann", first));
        Assert.NotNull(presence.EndGrace("ann", second));
    }

    [Fact]
    public void Members_WithinTheirGrace_AreThereForNewcomersOnly()
    {
        var presence = new Presence();
        presence.Enter(new RealtimeIdentity { UserId = "ann" });
        presence.Leave(new RealtimeIdentity { UserId = "ann" });

        Assert.Empty(presence.Members());
        Assert.Equal(new RoomMember("ann", null, 0), Assert.Single(presence.Members(withAbsent: true)));
        Assert.Equal((0, 1), (presence.Count, presence.CountWithAbsent));
    }
}
