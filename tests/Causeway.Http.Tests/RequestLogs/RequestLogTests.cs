using System.Net.Http.Json;

namespace Causeway.Http.Tests;

/// <summary>F4: requests and answers are logged on demand, and no secret of theirs.</summary>
public sealed class RequestLogTests : IAsyncLifetime
{
    private const string Logged = "RequestLogged";
    private const string Contents = "RequestContents";

    private readonly ManualTime _time = new();
    private TestServer _server = null!;

    private RequestLog Log => _server.Services.GetRequiredService<RequestLog>();

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        static app =>
        {
            app.UseRequestIds();
            app.UseRequestLog();
            app.UseApiErrors();
            app.UseRouting();
            app.UseCompression();
            app.MapGet("/plain", static () => "plain text");
            app.MapPost("/echo", static async (HttpContext context) =>
            {
                context.Response.ContentType = "application/json";
                context.Response.Headers.SetCookie = "session=open-sesame";
                await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
            });
            app.MapPost("/relayed", static async (HttpContext context) =>
            {
                context.Response.ContentType = "application/json";
                await context.Request.BodyReader.CopyToAsync(context.Response.Body, context.RequestAborted);
            }).WithMetadata(PassThroughMetadata.Instance);
            app.MapGet("/long", static () => TypedResults.Ok(new { Name = new string('x', 3_000), Token = "open-sesame" })).WithCompression();
            app.MapGet("/throws", static string () => throw new InvalidOperationException("boom"));
        },
        builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddRequestLog();
        });

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task UseRequestLog_Off_LogsNothing()
    {
        await _server.GetAsync("/plain");

        Log.Configure(new RequestLogRules());
        await _server.GetAsync("/nowhere");
        await _server.Logs.WaitFor(Logged);

        Assert.Single(_server.Logs.Named(Logged));
    }

    [Theory]
    [InlineData("/plain?access_token=open-sesame&a=b", 200, "?access_token=***&a=b")]
    [InlineData("/nowhere", 404, "")]
    [InlineData("/throws", 500, "")]
    public async Task UseRequestLog_On_TellsHowItWasAnswered(string path, int status, string query)
    {
        Log.Configure(new RequestLogRules());

        await _server.SendAsync(HttpAssert.Get(path).With("X-Request-Id", "mine"));

        var logged = await _server.Logs.WaitFor(Logged);
        Assert.Equal("GET", logged.Properties["Method"]);
        Assert.Equal(status, logged.Properties["Status"]);
        Assert.Equal(query, logged.Properties["Query"]);
        Assert.Equal("127.0.0.1", logged.Properties["Address"]);
        Assert.Contains("request_id:mine", logged.Scopes);
        Assert.Empty(_server.Logs.Named(Contents));
    }

    [Fact]
    public async Task UseRequestLog_HeadersAndBodies_AreLoggedWithoutSecrets()
    {
        Log.Configure(new RequestLogRules { Headers = true, Bodies = true });
        using var request = HttpAssert.Post("/echo", new { name = "ada", password = "open-sesame", deep = new { api_key = "open-sesame" } }).With("Authorization", "Bearer open-sesame");

        var response = await _server.SendAsync(request);

        Assert.Contains("open-sesame", await response.TextAsync(), StringComparison.Ordinal);
        var contents = await _server.Logs.WaitFor(Contents);
        Assert.Equal("""{"name":"ada","password":"***","deep":{"api_key":"***"}}""", contents.Properties["RequestBody"]);
        Assert.Equal(contents.Properties["RequestBody"], contents.Properties["ResponseBody"]);
        Assert.Contains("Authorization: ***", (string)contents.Properties["RequestHeaders"]!, StringComparison.Ordinal);
        Assert.Contains("Set-Cookie: ***", (string)contents.Properties["ResponseHeaders"]!, StringComparison.Ordinal);
        Assert.DoesNotContain(_server.Logs.Events, static e => e.Message.Contains("sesame", StringComparison.Ordinal));
    }

    [Fact]
    public async Task UseRequestLog_BodiesOnly_LogsNoHeaders()
    {
        Log.Configure(new RequestLogRules { Bodies = true });

        await _server.SendAsync(HttpAssert.Post("/echo", new { name = "ada" }));

        var contents = await _server.Logs.WaitFor(Contents);
        Assert.Equal(("", ""), (contents.Properties["RequestHeaders"], contents.Properties["ResponseHeaders"]));
    }

    [Fact]
    public async Task UseRequestLog_LongBody_IsCutAndAnsweredWhole()
    {
        Log.Configure(new RequestLogRules { Bodies = true, MaxBodyBytes = 256 });
        var sent = $$"""{"first":1,"long":"{{new string('x', 5_000)}}","password":"open-sesame"}""";

        var response = await _server.SendAsync(HttpAssert.PostText("/echo", sent));

        Assert.Equal(sent, await response.TextAsync());
        Assert.Equal("""{"first":1,"long"…""", ((string)(await _server.Logs.WaitFor(Contents)).Properties["RequestBody"]!).Replace(":…", "…", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    public async Task UseRequestLog_CompressedAnswer_IsReadAgain(string coding)
    {
        Log.Configure(new RequestLogRules { Bodies = true, MaxBodyBytes = 65_536 });

        var response = await _server.SendAsync(HttpAssert.Get("/long").With("Accept-Encoding", coding));

        Assert.Equal(coding, response.Content.Headers.ContentEncoding.Single());
        Assert.Equal($$"""{"name":"{{new string('x', 3_000)}}","token":"***"}""", (await _server.Logs.WaitFor(Contents)).Properties["ResponseBody"]);
    }

    [Theory]
    [InlineData("/relayed", "application/json", """{"a":1}""")]
    [InlineData("/echo", "text/plain", "open-sesame")]
    [InlineData("/echo", "application/x-www-form-urlencoded", "password=open-sesame")]
    public async Task UseRequestLog_NotOursOrNoJson_LogsNoBody(string path, string type, string body)
    {
        Log.Configure(new RequestLogRules { Bodies = true });

        Assert.Equal(body, await (await _server.SendAsync(HttpAssert.PostText(path, body, type))).TextAsync());

        Assert.Equal("", (await _server.Logs.WaitFor(Contents)).Properties["RequestBody"]);
    }

    [Fact]
    public async Task UseRequestLog_PathPrefix_IsOfWholeSegments()
    {
        Log.Configure(new RequestLogRules { PathPrefix = "/plain" });

        await _server.GetAsync("/plainly");
        await _server.GetAsync("/plain/more");

        Assert.Equal("/plain/more", (await _server.Logs.WaitFor(Logged)).Properties["Path"]?.ToString());
        Assert.Single(_server.Logs.Named(Logged));
    }

    [Theory]
    [InlineData("Upgrade: websocket\r\nConnection: Upgrade")]
    [InlineData("Accept: text/event-stream\r\nConnection: close")]
    public async Task UseRequestLog_LiveRequest_IsToldWhenItComes(string headers)
    {
        Log.Configure(new RequestLogRules { Bodies = true });

        await HttpAnswer.SendAsync(_server.BaseAddress, $"GET /plain?token=open-sesame HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n");

        Assert.Equal("?token=***", (await _server.Logs.WaitFor("LiveRequestArrived")).Properties["Query"]);
        Assert.Empty(_server.Logs.Named(Logged));
    }

    [Fact]
    public async Task Override_UntilItsEnd_CountsOverTheConfiguration()
    {
        Log.Override(new RequestLogRules(), _time.GetUtcNow().AddMinutes(1));
        var version = Log.Version;
        await _server.GetAsync("/plain");
        await _server.Logs.WaitFor(Logged);

        _time.Advance(TimeSpan.FromMinutes(1));
        await _server.GetAsync("/plain");

        Assert.Null(Log.Rules);
        Assert.Null(Log.Until);
        Assert.NotEqual(version, Log.Version);
        Log.Configure(new RequestLogRules());
        await _server.GetAsync("/nowhere");
        Assert.Equal(404, (await _server.Logs.WaitFor(Logged, 2)).Properties["Status"]);
    }

    [Fact]
    public void Override_Off_SilencesWhatIsConfigured()
    {
        Log.Configure(new RequestLogRules());
        Log.Override(null, _time.GetUtcNow().AddMinutes(1));

        Assert.Null(Log.Rules);
        Log.EndOverride();
        Assert.NotNull(Log.Rules);
    }
}
