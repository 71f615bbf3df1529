using Causeway.Testing;

namespace Causeway.Server.Tests.Api;

/// <summary>RFC 9110 §9.3.2: a read may be asked for its headers alone.</summary>
public sealed class HeadTests(LocalServer local) : IClassFixture<LocalServer>
{
    [Theory]
    [InlineData("/api/v1/rooms")]
    [InlineData("/api/v1/overview")]
    [InlineData("/api/v1/users?limit=1")]
    [InlineData("/api/v1/users/export.csv")]
    [InlineData("/api/v1/audit/export.ndjson")]
    [InlineData("/api/v1/auth/me")]
    [InlineData("/api/v1/rooms/nothing-of-this-name")]
    public async Task Head_OfARead_HasTheHeadersOfGetAndNoBody(string path)
    {
        var get = await local.Server.GetAsync(path);
        var head = await local.Server.SendAsync(HttpMethod.Head, path);

        Assert.Equal(get.Status, head.Status);
        Assert.Equal(get.Header("Content-Type"), head.Header("Content-Type"));
        Assert.Equal(get.Header("Content-Disposition"), head.Header("Content-Disposition"));
        Assert.Empty(head.Body);
    }

    /// <summary>On one connection, so that a body that came all the same would be taken for the next answer.</summary>
    [Fact]
    public async Task Head_ThenGetOnTheSameConnection_AreTwoAnswers()
    {
        using var raw = await RawConnection.OpenAsync(local.Server.Address);
        await raw.SendAsync("HEAD /api/v1/rooms HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

        Assert.Equal(200, (await HttpAnswer.ReadHeadAsync(raw)).Status);
        var second = await HttpAnswer.ReadHeadAsync(raw);
        Assert.Equal("{\"status\":\"ok\"}"u8.ToArray(), await HttpAnswer.ReadBodyAsync(raw, second));
    }

    [Theory]
    [InlineData("/api/v1/publish")]
    [InlineData("/api/v1/backends/shell/logs/events")]
    [InlineData("/api/v1/streams/build/events")]
    public async Task Head_OfWhatIsNoReadOrNeverEnds_IsNotAllowed(string path)
    {
        var answer = await local.Server.SendAsync(HttpMethod.Head, path);

        Assert.Equal(405, answer.Status);
        Assert.DoesNotContain("HEAD", answer.Header("Allow"), StringComparison.Ordinal);
        Assert.Empty(answer.Body);
    }

    [Fact]
    public async Task Head_WithoutACredential_IsRefusedAsGetIs()
    {
        await using var server = await RunningServer.StartAsync("""{ "Auth": { "Mode": "required" } }""");

        Assert.Equal(401, (await server.SendAsync(HttpMethod.Head, "/api/v1/users")).Status);
        Assert.Equal(403, (await server.SendAsync(HttpMethod.Head, "/api/v1/users", token: server.TokenFor("ann"))).Status);
    }
}
