using Causeway.Testing;

namespace Causeway.EndToEnd.Http;

/// <summary>F3: every refusal has the one shape, whoever writes it.</summary>
public sealed class ErrorTests(LocalServer server) : IClassFixture<LocalServer>
{
    private CausewayProcess Causeway => server.Causeway;

    [Theory]
    [InlineData("/api/v1/nothing-here")]
    [InlineData("/nothing-here")]
    [InlineData("/js/nothing-here.js")]
    [InlineData("/api/v1/connections/no-such-connection")]
    public async Task Get_UnknownPath_NotFound(string path) =>
        (await Causeway.GetAsync(path, ("Accept", "text/html"))).AssertError(404, "NOT_FOUND");

    [Theory]
    [InlineData("DELETE", "/health")]
    [InlineData("PUT", "/api/v1/publish")]
    [InlineData("POST", "/api/v1/connections")]
    public async Task Send_WrongMethod_NamesTheAllowedOnes(string method, string path)
    {
        var answer = await Causeway.SendAsync(new HttpMethod(method), path, "{}");

        answer.AssertError(405, "METHOD_NOT_ALLOWED");
        Assert.False(string.IsNullOrEmpty(answer.Header("Allow")));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Publish_NotJsonByType_UnsupportedMediaType(string? contentType) =>
        (await Causeway.SendAsync(HttpMethod.Post, "/api/v1/rooms/a/messages", """{"type":"chat","payload":{}}""", contentType))
            .AssertError(415, "UNSUPPORTED_MEDIA_TYPE");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("{\"type\":\"chat\",}")]
    [InlineData("{\"type\":\"chat\"} {}")]
    public async Task Publish_NotJson_InvalidJson(string body) =>
        (await Causeway.PostAsync("/api/v1/rooms/a/messages", body)).AssertError(400, "INVALID_JSON");

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"type":"UPPER","payload":{}}""")]
    [InlineData("""{"type":7,"payload":{}}""")]
    [InlineData("""{"type":"chat","payload":[]}""")]
    [InlineData("""{"type":"chat","payload":{},"surprise":1}""")]
    public async Task Publish_JsonOfAnotherShape_ValidationError(string body) =>
        (await Causeway.PostAsync("/api/v1/rooms/a/messages", body)).AssertError(422, "VALIDATION_ERROR");

    [Fact]
    public async Task Publish_BadRoomName_ValidationError() =>
        (await Causeway.PostAsync("/api/v1/rooms/no%20spaces/messages", """{"type":"chat","payload":{}}""")).AssertError(422, "VALIDATION_ERROR");

    [Fact]
    public async Task Publish_OverTheLimit_PayloadTooLarge() =>
        (await Causeway.PostAsync("/api/v1/rooms/a/messages", $$$"""{"type":"chat","payload":{"text":"{{{new string('x', 70_000)}}}"}}"""))
            .AssertError(413, "PAYLOAD_TOO_LARGE");

    [Fact]
    public async Task Publish_NamespaceThatCreatesNothing_RoomNotFound() =>
        (await Causeway.PostAsync($"/api/v1/rooms/{RoomNames.Next("named")}/messages", """{"type":"chat","payload":{}}""")).AssertError(404, "ROOM_NOT_FOUND");

    [Fact]
    public async Task History_NoSuchRoom_RoomNotFound() =>
        (await Causeway.GetAsync("/api/v1/rooms/never-seen/messages")).AssertError(404, "ROOM_NOT_FOUND");

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=x")]
    [InlineData("after=-1")]
    [InlineData("before=zero")]
    public async Task History_BadBounds_ValidationError(string query) =>
        (await Causeway.GetAsync($"/api/v1/rooms/a/messages?{query}")).AssertError(422, "VALIDATION_ERROR");

    [Theory]
    [InlineData("GET /health HTTP/1.1\r\n\r\n")]
    [InlineData("GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: evil.example:1\r\n\r\n")]
    public async Task Get_HostThatIsNotOurs_IsRefused(string request)
    {
        var answer = await HttpAnswer.SendAsync(Causeway.Address, request);

        Assert.InRange(answer.Status, 400, 421);
    }

    [Fact]
    public async Task Get_ForeignHost_HasTheErrorShape()
    {
        var answer = await Causeway.GetAsync("/api/v1/overview", ("Host", "evil.example"));

        Assert.Contains(answer.Status, new[] { 400, 403, 421 });
        Assert.NotNull(answer.ErrorCode);
    }

    [Theory]
    [InlineData("/api/v1/overview")]
    [InlineData("/api/v1/connections")]
    public async Task Get_ForeignOrigin_Forbidden(string path) =>
        (await Causeway.GetAsync(path, ("Origin", "https://evil.example"))).AssertError(403, "FORBIDDEN");

    [Fact]
    public async Task Publish_ForeignOrigin_Forbidden() =>
        (await Causeway.PostAsync("/api/v1/rooms/a/messages", """{"type":"chat","payload":{}}""", ("Origin", "https://evil.example")))
            .AssertError(403, "FORBIDDEN");
}
