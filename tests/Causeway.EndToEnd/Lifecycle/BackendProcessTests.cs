using System.Text.Json;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>B4: backends that the program starts itself, used through their route and operated over HTTP.</summary>
public sealed class BackendProcessTests
{
    public BackendProcessTests() => Needs.Linux();

    [Fact]
    public async Task FirstRequests_FiftyAtOnce_ShareOneStart()
    {
        await using var causeway = await CausewayProcess.StartAsync(new BackendProgram().Configuration("delay=0.3"));
        Assert.Equal("stopped", await StateAsync(causeway));

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => causeway.GetAsync("/app/"))).Within();

        Assert.All(answers, answer => Assert.Equal((200, answers[0].Text), (answer.Status, answer.Text)));
        var process = await ProcessAsync(causeway);
        Assert.Equal(1, process.GetProperty("starts").GetInt64());
        Assert.Equal($"pid {process.GetProperty("process_id").GetInt32()}", answers[0].Text);
        Assert.Equal(1, await causeway.MetricAsync("""causeway_backend_process_up{backend="app"}"""));
        Assert.Equal(1, await causeway.MetricAsync("""causeway_backend_process_starts_total{backend="app"}"""));
    }

    [Fact]
    public async Task CrashLoop_IsAnErrorWithRetryAfterUntilAnOperatorStartsIt()
    {
        await using var causeway = await CausewayProcess.StartAsync(
            new BackendProgram().Configuration("exit=1", """{"Start":"always","Restart":{"MinSeconds":0.01,"MaxSeconds":600}}"""));
        await Eventually.Equal("crash_looping", () => StateAsync(causeway));

        var answer = await causeway.GetAsync("/app/");

        answer.AssertError(503, "UNAVAILABLE");
        answer.AssertRetryAfter();
        Assert.DoesNotContain("giving up", answer.Text, StringComparison.Ordinal);
        Assert.Contains("giving up", (await causeway.GetAsync("/api/v1/backends/app/logs")).Text, StringComparison.Ordinal);
        var process = await ProcessAsync(causeway);
        Assert.Equal("exited with code 1", process.GetProperty("last_end").GetString());
        Assert.Equal(5, process.GetProperty("failures").GetInt32());
        Assert.Contains("Its last line: giving up", causeway.Process.Text, StringComparison.Ordinal);

        Assert.Equal(202, (await PostAsync(causeway, "start")).Status);
        await Eventually.True(async () => (await ProcessAsync(causeway)).GetProperty("starts").GetInt64() > 5);
    }

    [Fact]
    public async Task Operator_StopsRestartsAndStarts()
    {
        await using var causeway = await CausewayProcess.StartAsync(new BackendProgram().Configuration());
        Assert.Equal(200, (await causeway.GetAsync("/app/")).Status);

        Assert.Equal(202, (await PostAsync(causeway, "stop")).Status);
        await Eventually.Equal("stopped", () => StateAsync(causeway));
        var refused = await causeway.GetAsync("/app/");
        refused.AssertError(503, "UNAVAILABLE");
        Assert.Equal("stopped_by_operator", refused.Json.GetProperty("error").GetProperty("details").GetProperty("reason").GetString());

        Assert.Equal(202, (await PostAsync(causeway, "start")).Status);
        await Eventually.Equal("ready", () => StateAsync(causeway));
        var before = (await causeway.GetAsync("/app/")).Text;

        Assert.Equal(202, (await PostAsync(causeway, "restart")).Status);
        var after = await causeway.GetAsync("/app/");
        Assert.Equal(200, after.Status);
        Assert.NotEqual(before, after.Text);
    }

    [Fact]
    public async Task Operator_BackendThatIsNoneOrHasNoProcess_IsRefused()
    {
        await using var causeway = await CausewayProcess.StartAsync("""{"Relay":{"Backends":{"theirs":{"Urls":["http://127.0.0.1:9"]}}}}""");

        (await causeway.GetAsync("/api/v1/backends/none")).AssertError(404, "NOT_FOUND");
        (await causeway.PostAsync("/api/v1/backends/none/start", "")).AssertError(404, "NOT_FOUND");
        (await causeway.PostAsync("/api/v1/backends/theirs/start", "")).AssertError(409, "CONFLICT");
        (await causeway.GetAsync("/api/v1/backends/theirs/logs")).AssertError(409, "CONFLICT");
        (await causeway.GetAsync("/api/v1/backends/theirs/logs/events")).AssertError(409, "CONFLICT");
        var listed = Assert.Single((await causeway.GetAsync("/api/v1/backends")).Json.GetProperty("items").EnumerateArray());
        Assert.Equal("theirs", listed.GetProperty("name").GetString());
        Assert.Equal(JsonValueKind.Null, listed.GetProperty("process").ValueKind);
        Assert.Equal("http://127.0.0.1:9/", listed.GetProperty("addresses")[0].GetProperty("url").GetString());
    }

    [Fact]
    public async Task IdleStop_StopsAndTheNextRequestStartsAgain()
    {
        await using var causeway = await CausewayProcess.StartAsync(new BackendProgram().Configuration(process: """{"IdleStopSeconds":0.3}"""));
        var first = await causeway.GetAsync("/app/");

        await Eventually.Equal("stopped", () => StateAsync(causeway));

        var second = await causeway.GetAsync("/app/");
        Assert.Equal((200, 200), (first.Status, second.Status));
        Assert.NotEqual(first.Text, second.Text);
    }

    [Fact]
    public async Task Logs_ReadByOffsetAndFollowedWithoutAGap()
    {
        await using var causeway = await CausewayProcess.StartAsync(new BackendProgram().Configuration("say=one,two,three"));
        var path = new Uri(causeway.Address, "/api/v1/backends/app/logs/events");
        using var stream = await SseReader.OpenAsync(path);
        Assert.Equal("text/event-stream", stream.Head.Header("Content-Type"));
        Assert.Equal("hello", (await stream.ReadAnyAsync())!.Comment?.Trim());

        await causeway.GetAsync("/app/");
        string? id = null;
        List<string> seen = [];
        while (!seen.Contains("ready") || !seen.Contains("three"))
        {
            var line = await stream.ReadAsync("line");
            seen.Add(line.Json.GetProperty("text").GetString()!);
            id = seen[^1] == "one" ? line.Id : id;
        }

        Assert.Equal(["one", "two", "three"], seen.Where(static text => text is "one" or "two" or "three"));
        using var again = await SseReader.OpenAsync(path, id);
        Assert.Equal(seen[seen.IndexOf("one") + 1], (await again.ReadAsync("line")).Json.GetProperty("text").GetString());
        using var other = await SseReader.OpenAsync(path, "beef-1");
        await other.ReadAsync("reset");

        var logs = await causeway.GetAsync("/api/v1/backends/app/logs?limit=2&after=1");
        var items = logs.Json.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal([2, 3], items.Select(static item => item.GetProperty("offset").GetInt64()));
        Assert.Equal("stdout", items[0].GetProperty("source").GetString());
        Assert.True(logs.Json.GetProperty("has_next").GetBoolean());
        (await causeway.GetAsync("/api/v1/backends/app/logs?limit=1001")).AssertError(422, "VALIDATION_ERROR");
        (await causeway.GetAsync("/api/v1/backends/app/logs?after=-1")).AssertError(422, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task Terminate_RequestInFlight_IsAnsweredBeforeTheBackendEnds()
    {
        await using var causeway = await CausewayProcess.StartAsync(new BackendProgram().Configuration(root: """{"Server":{"DrainSeconds":20}}"""));
        await causeway.GetAsync("/app/");
        var slow = causeway.GetAsync("/app/slow");
        await Eventually.True(async () => (await ProcessAsync(causeway)).GetProperty("uses").GetInt32() == 1);

        Assert.Equal(0, await causeway.StopAsync());

        Assert.Equal(200, (await slow).Status);
        Assert.Contains("ended by SIGTERM", causeway.Process.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_Followed_EndWithTheDrain()
    {
        await using var causeway = await CausewayProcess.StartAsync(new BackendProgram().Configuration());
        using var stream = await SseReader.OpenAsync(new Uri(causeway.Address, "/api/v1/backends/app/logs/events"));
        await stream.ReadAnyAsync();

        var stopping = causeway.StopAsync();

        var last = await stream.ReadAsync("shutdown");
        Assert.NotNull(last.RetryMilliseconds);
        Assert.Equal(0, await stopping.Within());
    }

    [Fact]
    public async Task Backends_AskedByAnybody_NeedAnAdmin()
    {
        await using var causeway = await CausewayProcess.StartAsync(new BackendProgram().Configuration(root: """{"Auth":{"Mode":"required"}}"""));

        (await causeway.GetAsync("/api/v1/backends")).AssertError(401, "UNAUTHORIZED");
        (await causeway.PostAsync("/api/v1/backends/app/start", "")).AssertError(401, "UNAUTHORIZED");
        (await causeway.GetAsync("/api/v1/backends/app/logs/events")).AssertError(401, "UNAUTHORIZED");
        Assert.Equal(200, (await causeway.GetAsync("/api/v1/backends", ("Authorization", $"Bearer {causeway.AdminToken}"))).Status);
    }

    private static Task<HttpAnswer> PostAsync(CausewayProcess causeway, string action) => causeway.PostAsync($"/api/v1/backends/app/{action}", "");

    private static async Task<JsonElement> ProcessAsync(CausewayProcess causeway) => (await causeway.GetAsync("/api/v1/backends/app")).Json.GetProperty("process");

    private static async Task<string?> StateAsync(CausewayProcess causeway) => (await ProcessAsync(causeway)).GetProperty("state").GetString();
}
