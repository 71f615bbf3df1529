namespace Causeway.Realtime.Tests;

/// <summary>D3: rooms that come and go under everybody's feet.</summary>
public sealed class RoomRaceTests
{
    private const string Room = "plain:x";

    [Fact]
    public async Task Room_ThatKeepsGoing_LosesNobodyAndLeavesNothing()
    {
        using var core = new LoneCore(static options => options.Namespaces["plain"] = new() { History = 0 });
        var lines = Enumerable.Range(0, 4).Select(n => core.Connect($"u{n}")).ToArray();
        var work = lines.Select(line => Task.Run(() =>
        {
            for (var n = 0; n < 500; n++)
            {
                line.Say("join_room", Room, reference: "join");
                line.Say("leave_room", Room, reference: "leave");
            }
        })).Append(Task.Run(() =>
        {
            for (var n = 0; n < 2_000; n++)
            {
                core.Publish(Room, n);
            }
        })).Append(Task.Run(() =>
        {
            for (var n = 0; n < 500; n++)
            {
                core.Core.Rooms.Close(RoomId.Parse(Room), "again");
                core.Core.Rooms.KickUser(RoomId.Parse(Room), "u1", "again");
            }
        }));
        await Task.WhenAll(work).Within();
        await core.SettleAsync();

        // Every question has its answer; a room that went in between is no fault.
        Assert.All(lines, static line =>
        {
            Assert.Equal(1_000, line.Heard.Count(static message => message.Ref is not null));
            Assert.All(line.Heard.Where(static message => message.ErrorCode is not null), static message => Assert.Equal("NOT_IN_ROOM", message.ErrorCode));
            Assert.Empty(line.Connection.RoomIds());
        });
        await core.AdvanceAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(0, core.Core.Rooms.Count);
        core.Logs.AssertQuiet();
    }

    [Fact]
    public async Task JoinAgain_LeftBeforeTheLoopHasIt_IsAnsweredBeforeTheLeave()
    {
        using var core = new LoneCore();
        var line = core.Connect();
        var stuck = Enumerable.Range(0, core.Core.Loops.Length * 2).Select(_ => core.Connect()).First(other => other.Connection.Loop == line.Connection.Loop);
        line.Join(Room);
        await core.SettleAsync();

        using var held = new SemaphoreSlim(0);
        stuck.Outlet.OnWrite = () => Assert.True(held.Wait(Limits.Test));
        stuck.Connection.Send([0]);
        core.Publish(Room, 1);
        line.Say("join_room", Room, reference: "again");
        line.Say("leave_room", Room, reference: "leave");
        held.Release(10);
        await core.SettleAsync();

        // A member until it is told that it is none.
        Assert.Equal(["ack again", "ack leave"], line.Heard.Where(static message => message.Ref is "again" or "leave").Select(static message => $"{message.Type} {message.Ref}"));
        Assert.Equal("leave", line.Heard[^1].Ref);
        Assert.Empty(line.Connection.RoomIds());
    }

    [Fact]
    public async Task Join_ConnectionThatIsGone_TakesNoPlace()
    {
        using var core = new LoneCore();
        var line = core.Connect("ann");
        line.Cut();
        await core.SettleAsync();

        var (_, refused) = await core.Core.Door.EnterAsync(line.Connection, RoomId.Parse(Room), echo: true);

        Assert.Equal("UNAVAILABLE", refused!.Code.Name);
        Assert.Equal(0, core.Core.Rooms.Count);
    }

    [Fact]
    public async Task Loop_WorkThatFails_IsLoggedAndTheNextIsDone()
    {
        using var core = new LoneCore();
        var broken = core.Connect();
        var others = Enumerable.Range(0, core.Core.Loops.Length).Select(_ => core.Connect()).ToArray();
        await core.SettleAsync();
        broken.Outlet.OnWrite = static () => throw new InvalidOperationException("An outlet must not throw.");

        broken.Connection.Send([1]);
        foreach (var other in others)
        {
            other.Say("ping");
        }

        await core.SettleAsync();

        Assert.All(others, static other => Assert.Equal("pong", Assert.Single(other.Heard).Type));
        Assert.Equal(LoopWorkKind.Send, Assert.Single(core.Logs.Named("LoopWorkFailed")).Properties["Work"]);
    }
}
