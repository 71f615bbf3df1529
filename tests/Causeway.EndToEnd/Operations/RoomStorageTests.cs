using System.Collections.Concurrent;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>D3: stored rooms survive what a process may meet.</summary>
public sealed class RoomStorageTests
{
    [Fact]
    public async Task Kill_WhileRoomsAreWritten_LosesNothingThatWasAnswered()
    {
        await using var causeway = await CausewayProcess.StartAsync("""{ "RateLimits": { "Enabled": false } }""");
        var answered = new ConcurrentBag<string>();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var n = 0; ; n++)
            {
                var room = $"killed:{writer}-{n}";
                try
                {
                    var created = await causeway.SendAsync(HttpMethod.Post, "/api/v1/rooms", $$$"""{"room_id":"{{{room}}}","allowed_users":["ann"],"settings":{"join":"members"}}""");
                    Assert.Equal(201, created.Status);
                    var role = await causeway.SendAsync(HttpMethod.Put, $"/api/v1/rooms/{room}/allowed-users/bob", """{"role":"owner"}""");
                    Assert.Equal(201, role.Status);
                }
                catch (Exception exception) when (exception is HttpRequestException or IOException)
                {
                    return;
                }

                answered.Add(room);
                if (answered.Count >= 40)
                {
                    enough.TrySetResult();
                }
            }
        })).ToArray();
        await enough.Task.Within();
        await causeway.KillAsync();
        await Task.WhenAll(writers).Within();

        await causeway.StartAgainAsync();

        foreach (var room in answered)
        {
            var users = (await causeway.SendAsync(HttpMethod.Get, $"/api/v1/rooms/{room}/allowed-users")).Json.GetProperty("items");
            Assert.Equal(
                [("ann", "member"), ("bob", "owner")],
                users.EnumerateArray().Select(static user => (user.GetProperty("user_id").GetString()!, user.GetProperty("role").GetString()!)));
        }
    }
}
