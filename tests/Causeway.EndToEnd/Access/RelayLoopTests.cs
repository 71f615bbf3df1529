using System.Globalization;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Access;

/// <summary>E4: the service's own requests never pass for the person at its machine, whoever made it send them.</summary>
public sealed class RelayLoopTests
{
    [Theory]
    [InlineData("/self/api/v1/overview")]
    [InlineData("/self/api/v1/config")]
    [InlineData("/self/metrics")]
    [InlineData("/self/sse?room=a")]
    public async Task Route_ToTheServiceItself_GivesNobodyTheAdmin(string path)
    {
        await using var causeway = await StartAsync();

        // Even the local admin gets no further by it, let alone who comes from elsewhere.
        (await causeway.GetAsync(path)).AssertError(401, "UNAUTHORIZED");
        (await causeway.GetAsync(path, ("X-Forwarded-For", "203.0.113.9"))).AssertError(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Route_ToTheServiceItself_UpgradeGivesNobodyTheAdmin()
    {
        await using var causeway = await StartAsync();

        (await RawWebSocket.TryUpgradeAsync(new UriBuilder(causeway.Address) { Scheme = "ws", Path = "/self/ws" }.Uri)).AssertError(401, "UNAUTHORIZED");
    }

    [Theory]
    [InlineData("/self/self/api/v1/overview")]
    [InlineData("/self/self/self/self/x")]
    public async Task Route_RoundInACircle_IsLoopDetected(string path)
    {
        await using var causeway = await StartAsync();

        Assert.Equal(508, (await causeway.GetAsync(path)).Status);
    }

    [Fact]
    public async Task Route_ByWayOfNginx_GivesNobodyTheAdmin()
    {
        var port = FreePort.Next();
        await using var causeway = await StartAsync(port.ToString(CultureInfo.InvariantCulture));
        await using var nginx = await NginxProxy.StartAsync(causeway.Address, asAnotherUser: false, "proxy_set_header Host localhost;", port);

        (await causeway.GetAsync("/self/api/v1/overview")).AssertError(401, "UNAUTHORIZED");
        Assert.Equal(508, (await causeway.GetAsync("/self/self/api/v1/overview")).Status);
    }

    private static Task<CausewayProcess> StartAsync(string backendPort = "{port}") => CausewayProcess.StartAsync(new JsonObject
    {
        ["Relay"] = new JsonObject
        {
            ["Routes"] = new JsonArray(new JsonObject { ["Path"] = "/self/{**rest}", ["Backend"] = "self", ["StripPrefix"] = true }),
            ["Backends"] = new JsonObject { ["self"] = new JsonObject { ["Urls"] = new JsonArray($"http://127.0.0.1:{backendPort}") } },
        },
    }.ToJsonString());
}
