using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Api;

/// <summary>F10: the overview is a bounded gather; a part that hangs or fails is named, and the rest answers.</summary>
public sealed class OverviewTests
{
    [Fact]
    public async Task GetOverview_AllIsWell_HasEveryPart()
    {
        await using var server = await RunningServer.StartAsync();
        await using var client = await server.ConnectAsync();

        var overview = (await server.GetAsync("/api/v1/overview")).AssertStatus(200);

        Assert.Equal(1, overview.GetProperty("connections").GetProperty("websocket").GetInt32());
        Assert.True(overview.GetProperty("memory").GetProperty("working_set_bytes").GetInt64() > 0);
        Assert.True(overview.GetProperty("cpu_seconds").GetDouble() > 0);
        Assert.Equal("ready", overview.GetProperty("readiness").GetString());
        Assert.Equal(0, overview.GetProperty("loops").GetProperty("failing").GetInt32());
        Assert.Equal(0, overview.GetProperty("backends").GetProperty("total").GetInt32());
        Assert.Empty(overview.GetProperty("unavailable").EnumerateArray());
    }

    [Fact]
    public async Task GetOverview_PartsThatHangAndFail_AreNamedAndTheRestAnswers()
    {
        using var never = new ManualResetEventSlim();
        var reads = 0;
        await using var server = await RunningServer.StartAsync("{}", builder =>
        {
            builder.Services.AddSingleton(new OverviewPart("blocked", _ =>
            {
                Interlocked.Increment(ref reads);
                never.Wait(Limits.Test, CancellationToken.None);
                return Task.FromResult<Func<GetOverview.Overview, GetOverview.Overview>>(static overview => overview);
            }));
            builder.Services.AddSingleton(new OverviewPart("deaf", static async _ =>
            {
                await new TaskCompletionSource().Task;
                return static overview => overview;
            }));
            builder.Services.AddSingleton(new OverviewPart("broken", static _ => throw new InvalidDataException("secret of the inside")));
        });

        var first = (await server.GetAsync("/api/v1/overview")).AssertStatus(200);
        var second = (await server.GetAsync("/api/v1/overview")).AssertStatus(200);
        never.Set();

        Assert.Equal(0, first.GetProperty("rooms").GetInt32());
        Assert.Equal("ready", first.GetProperty("readiness").GetString());
        Assert.Equal(
            [("blocked", "no answer within 1 s"), ("deaf", "no answer within 1 s"), ("broken", "it failed; the log says why")],
            first.GetProperty("unavailable").EnumerateArray().Select(static part => (part.GetProperty("part").GetString()!, part.GetProperty("reason").GetString()!)));
        Assert.DoesNotContain("secret of the inside", first.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(3, second.GetProperty("unavailable").GetArrayLength());

        // A part that hangs is not begun again by everybody who asks.
        Assert.Equal(1, reads);
        await server.Logs.WaitFor("OverviewPartUnavailable", 3);
        Assert.Contains(server.Logs.Named("OverviewPartUnavailable"), static e => e.Exception is InvalidDataException);
    }
}
