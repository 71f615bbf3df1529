using Causeway.Hosting;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests;

/// <summary>F4: the log of requests, switched by configuration, reload and an admin. F12: it is a thing with a version.</summary>
public sealed class RequestLogTests
{
    private const string Path = "/api/v1/request-log";
    private const string Logged = "RequestLogged";

    [Fact]
    public async Task Put_Switch_LogsForAWhileAndTellsWhoDidIt()
    {
        await using var server = await RunningServer.StartAsync();
        await server.GetAsync("/api/v1/overview");
        Assert.Empty(server.Logs.Named(Logged));

        var put = await server.SendAsync(HttpMethod.Put, Path, """{"seconds":60,"bodies":true,"path_prefix":"/api/v1/rooms/"}""");
        var state = put.AssertStatus(200);
        await server.PostAsync("/api/v1/rooms", """{"room_id":"logged","title":"a title"}""");
        await server.GetAsync("/api/v1/overview");

        Assert.True(state.GetProperty("enabled").GetBoolean());
        Assert.True(state.GetProperty("until").GetDateTimeOffset() > TimeProvider.System.GetUtcNow());
        var contents = await server.Logs.WaitFor("RequestContents");
        Assert.Equal("""{"room_id":"logged","title":"a title"}""", contents.Properties["RequestBody"]);
        Assert.Contains("\"room_id\":\"logged\"", (string)contents.Properties["ResponseBody"]!, StringComparison.Ordinal);
        Assert.Single(server.Logs.Named(Logged));
        Assert.Equal("local", (await server.Logs.WaitFor("RequestLogSwitched")).Properties["Principal"]);

        (await server.DeleteAsync(Path)).AssertStatus(204);
        Assert.False((await server.GetAsync(Path)).AssertStatus(200).GetProperty("enabled").GetBoolean());
    }

    [Theory]
    [InlineData("{}", "seconds")]
    [InlineData("""{"seconds":0}""", "seconds")]
    [InlineData("""{"seconds":86401}""", "seconds")]
    [InlineData("""{"seconds":1,"max_body_bytes":1}""", "max_body_bytes")]
    [InlineData("""{"seconds":1,"path_prefix":"api"}""", "path_prefix")]
    [InlineData("""{"seconds":1,"path_prefix":"/a b"}""", "path_prefix")]
    [InlineData("""{"seconds":1,"nonsense":true}""", "nonsense")]
    public async Task Put_BadField_IsNamed(string body, string field)
    {
        await using var server = await RunningServer.StartAsync();

        (await server.SendAsync(HttpMethod.Put, Path, body)).AssertInvalid(field);
    }

    [Fact]
    public async Task Put_ConditionOfAnotherVersion_IsRefused()
    {
        await using var server = await RunningServer.StartAsync();
        var read = (await server.GetAsync(Path)).Header("ETag")!;
        var changed = await server.SendAsync(HttpMethod.Put, Path, """{"seconds":60}""", null, ("If-Match", read));
        changed.AssertStatus(200);

        var stale = await server.SendAsync(HttpMethod.Put, Path, """{"seconds":60}""", null, ("If-Match", read));

        Assert.Equal(changed.Header("ETag"), stale.AssertError(412, "PRECONDITION_FAILED").GetProperty("etag").GetString());
        Assert.Equal(304, (await server.GetAsync(Path, null, ("If-None-Match", changed.Header("ETag")!))).Status);
        (await server.SendAsync(HttpMethod.Delete, Path, null, null, ("If-Match", read))).AssertError(412, "PRECONDITION_FAILED");
        (await server.SendAsync(HttpMethod.Delete, Path, null, null, ("If-Match", "nonsense"))).AssertError(400, "INVALID_MESSAGE");
    }

    [Fact]
    public async Task Put_ConditionRequired_RefusedWithout()
    {
        await using var server = await RunningServer.StartAsync("{}", "--Server:RequireIfMatch=true");

        (await server.SendAsync(HttpMethod.Put, Path, """{"seconds":60}""")).AssertError(428, "PRECONDITION_FAILED");
    }

    [Fact]
    public async Task Put_NoAdmin_IsForbidden()
    {
        await using var server = await RunningServer.StartAsync();

        (await server.SendAsync(HttpMethod.Put, Path, """{"seconds":60}""", server.TokenFor("ada"))).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Reload_Configured_SwitchesItOn()
    {
        await using var server = await RunningServer.StartAsync();
        await File.WriteAllTextAsync(
            System.IO.Path.Combine(server.Directory, "causeway.json"), """{ "Telemetry": { "RequestLog": { "Enabled": true } } }""", TestContext.Current.CancellationToken);

        var report = await server.App.Services.GetRequiredService<Reloader>().ReloadAsync(TestContext.Current.CancellationToken);
        await server.GetAsync("/nowhere");

        Assert.Contains("request log: on", report.Changes);
        Assert.Equal(404, (await server.Logs.WaitFor(Logged)).Properties["Status"]);
    }

    [Fact]
    public async Task Start_Configured_NeverLogsACredential()
    {
        await using var server = await RunningServer.StartAsync(
            """{ "Telemetry": { "RequestLog": { "Enabled": true, "Headers": true, "Bodies": true } }, "Auth": { "AllowQueryToken": true } }""");
        var token = server.TokenFor("ada", ["admin"]);

        await server.GetAsync("/api/v1/overview", token);
        await server.GetAsync($"/sse?room=a&access_token={token}", null, ("Accept", "application/json"), ("Last-Event-ID", "x"), ("Origin", "https://evil.example"));
        await server.GetAsync($"/ws?preflight=1&access_token={server.AdminToken}");

        await server.Logs.WaitFor(Logged, 3);
        Assert.DoesNotContain(server.Logs.Events, e => e.Message.Contains(token, StringComparison.Ordinal) || e.Message.Contains(server.AdminToken, StringComparison.Ordinal));
    }
}
