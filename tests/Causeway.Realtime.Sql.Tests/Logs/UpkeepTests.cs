namespace Causeway.Realtime.Sql.Tests;

/// <summary>D7: logs stay as short as they are said to, in the database too.</summary>
public sealed class UpkeepTests
{
    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Trim_LogOverItsCount_KeepsTheNewest(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await Task.WhenAll(Enumerable.Range(0, 1_500).Select(n => server.TryPublishAsync("short:a", n).AsTask()).ToList());

        Assert.Equal(1_495, await server.Upkeep.TrimAsync());

        Assert.Equal(5, await CountAsync(server));
        Assert.Equal(0, await server.Upkeep.TrimAsync());
        await server.RestartAsync();
        Assert.Equal([1_496, 1_497, 1_498, 1_499, 1_500], (await server.LogAsync("short:a")).Select(static entry => entry.Offset));
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Trim_MessagesTooOld_GoWithNobodyInTheRoom(LogHome home)
    {
        var time = new ManualTime();
        await using var server = await LogServer.StartAsync(home, time);
        await Task.WhenAll(Enumerable.Range(0, 2_500).Select(n => server.TryPublishAsync("log:other", n).AsTask()).ToList());
        await server.PublishAsync("brief:a", 1);
        time.Advance(TimeSpan.FromSeconds(40));
        await server.PublishAsync("brief:a", 2);
        await server.RestartAsync();
        time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal(1, await server.Upkeep.TrimAsync());
        Assert.Equal(2_501, await CountAsync(server));
        time.Advance(TimeSpan.FromMinutes(90));
        Assert.Equal(2_501, await server.Upkeep.TrimAsync());
        Assert.Equal(0, await CountAsync(server));
        Assert.Equal(3, (await server.PublishAsync("brief:a", 3)).Offset);
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await server.Upkeep.TrimAsync());
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Trim_DeletedLog_LeavesNothingOfIt(LogHome home)
    {
        await using var server = await LogServer.StartAsync(home);
        await Task.WhenAll(Enumerable.Range(0, 1_200).Select(n => server.TryPublishAsync("log:a", n, new PublishOptions { IdempotencyKey = $"k{n}" }).AsTask()).ToList());
        await server.Rooms.DeleteAsync(RoomId.Parse("log:a"), "over");
        await server.PublishAsync("log:a", 1);

        Assert.Equal(1_200, await server.Upkeep.TrimAsync());

        Assert.Equal(1, await CountAsync(server));
        Assert.Equal((1, 0), (await CountAsync(server, "room_logs"), await CountAsync(server, "room_publish_keys")));
        Assert.Equal([(1L, 1)], await server.LogAsync("log:a"));
    }

    [Theory]
    [MemberData(nameof(LogHomes.Durable), MemberType = typeof(LogHomes))]
    public async Task Forget_EmptyLogs_GoAfterAWeekUnlessTheRoomIsOpen(LogHome home)
    {
        var time = new ManualTime();
        await using var server = await LogServer.StartAsync(home, time);
        Assert.Null(server.Rooms.Create(RoomId.Parse("log:kept"), RoomSettings.Empty));
        var epoch = (await server.Rooms.FindAsync(RoomId.Parse("log:kept")))!.Epoch;
        await server.PublishAsync("brief:gone", 1);
        await server.PublishAsync("log:full", 1);
        for (var day = 0; day < 9; day++)
        {
            time.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMinutes(30));
            await server.PublishAsync("log:full", 1);
            time.Advance(TimeSpan.FromMinutes(30));
            await server.Upkeep.TrimAsync();
            await server.Upkeep.ForgetAsync();
        }

        Assert.Equal(2, await CountAsync(server, "room_logs"));
        Assert.Equal(epoch, (await server.PublishAsync("log:kept", 1)).Epoch);
    }

    private static Task<long> CountAsync(LogServer server, string table = "room_messages") => server.Database.QuerySingleOrDefaultAsync<long>($"SELECT COUNT(*) FROM {table}");
}
