using System.Diagnostics;
using System.Text.Json;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Causeway.Hosting.Tests.Logs;

public sealed class LogFormatterTests
{
    private readonly LoggerExternalScopeProvider _scopes = new();
    private readonly ManualTime _time = new();

    [Fact]
    public void Json_Event_IsOneLineWithAllFields()
    {
        using var outer = _scopes.Push(new Dictionary<string, object?> { ["RequestId"] = "outer", ["ConnectionId"] = "c1" });
        using var inner = _scopes.Push(new[] { KeyValuePair.Create<string, object?>("request_id", "inner") });
        using var text = _scopes.Push("loop heartbeat");

        var line = Json("Room {RoomId} took {LimitBytes} bytes\nand {IsFull} {Ratio}", "Causeway.Realtime.Rooms", new(7, "RoomFilled"), null, "chat", 10, true, 0.5);

        using var json = JsonDocument.Parse(line);
        Assert.Equal(
            """{"time":"2026-05-04T12:00:00.000Z","level":"warning","event":"room_filled","message":"Room chat took 10 bytes\nand True 0.5","category":"Causeway.Realtime.Rooms","room_id":"chat","limit_bytes":10,"is_full":true,"ratio":0.5,"request_id":"inner","connection_id":"c1","scopes":["loop heartbeat"]}""",
            line);
    }

    [Fact]
    public void Json_WithinATrace_NamesItAndNobodyElseMay()
    {
        using var activity = new Activity("work").SetIdFormat(ActivityIdFormat.W3C).Start();

        using var json = JsonDocument.Parse(Json("{TraceId}", "c", default, null, "somebody's own"));

        Assert.Equal(
            (activity.TraceId.ToHexString(), activity.SpanId.ToHexString(), "somebody's own"),
            (json.RootElement.GetProperty("trace_id").GetString(), json.RootElement.GetProperty("span_id").GetString(), json.RootElement.GetProperty("field_trace_id").GetString()));
    }

    [Fact]
    public void Json_FieldNamedLikeOurs_IsRenamed()
    {
        using var json = JsonDocument.Parse(Json("{Time} {Message} {Level}", "c", default, null, "t", "m", "l"));

        Assert.Equal(("t", "m", "l"), (
            json.RootElement.GetProperty("field_time").GetString(),
            json.RootElement.GetProperty("field_message").GetString(),
            json.RootElement.GetProperty("field_level").GetString()));
    }

    [Fact]
    public void Json_Exception_IsInside()
    {
        using var json = JsonDocument.Parse(Json("failed", "c", default, new InvalidOperationException("line 1\nline 2 access_token=abc")));

        Assert.StartsWith("System.InvalidOperationException: line 1\nline 2 access_token=***", json.RootElement.GetProperty("exception").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Json_OddValues_AreStillJson()
    {
        using var json = JsonDocument.Parse(Json(
            "{A} {B} {C} {D} {E}", "c", default, null, double.NaN, new[] { "x", "y" }, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)), null!, "\u0000\"\ud800"));

        Assert.Equal("NaN", json.RootElement.GetProperty("a").GetString());
        Assert.Equal("x, y", json.RootElement.GetProperty("b").GetString());
        Assert.Equal("2026-01-02T02:04:05.000Z", json.RootElement.GetProperty("c").GetString());
    }

    [Fact]
    public void Text_Event_IsShortAndNamesItsScopes()
    {
        using var scope = _scopes.Push(new Dictionary<string, object?> { ["request_id"] = "r1", ["RoomId"] = "not shown twice" });

        var line = Text(useColor: false, "Room {RoomId} is full", "Causeway.Realtime.Rooms", null, "chat");

        Assert.Equal("12:00:00.000 warn  Realtime   Room chat is full  request_id=r1", line);
    }

    [Fact]
    public void Text_ClientsText_CannotStartALineOrMoveTheCursor()
    {
        var line = Text(useColor: false, "Name {Name}", "Microsoft.AspNetCore.Server.Kestrel", null, "x\r\n12:00:00 info forged \e[2J");

        Assert.Equal("12:00:00.000 warn  Kestrel    Name x\\r\\n12:00:00 info forged \\u001b[2J", line);
    }

    [Fact]
    public void Text_Exception_StandsBelowIndented()
    {
        var lines = Text(useColor: false, "failed", "c", new InvalidOperationException("a\nb")).Split('\n');

        Assert.Equal(["12:00:00.000 warn  c          failed", "    System.InvalidOperationException: a", "    b"], lines);
    }

    [Fact]
    public void Text_Colored_EndsEveryColor()
    {
        var line = Text(useColor: true, "hot", "c", null);

        Assert.Contains("\e[33mwarn \e[0m", line, StringComparison.Ordinal);
        Assert.Equal(line.Split("\e[0m").Length, line.Split("\e[").Length - line.Split("\e[0m").Length + 1);
    }

    [Fact]
    public void AddCausewayLogs_Levels_AreQuietForTheFramework()
    {
        using var services = new ServiceCollection().AddLogging(static logging => logging.AddCausewayLogs(static options => options.Format = LogFormat.Json)).BuildServiceProvider();
        var loggers = services.GetRequiredService<ILoggerFactory>();

        Assert.True(loggers.CreateLogger("Causeway.Realtime").IsEnabled(LogLevel.Information));
        Assert.False(loggers.CreateLogger("Causeway.Realtime").IsEnabled(LogLevel.Debug));
        Assert.False(loggers.CreateLogger("Microsoft.AspNetCore.Routing").IsEnabled(LogLevel.Information));
        Assert.True(loggers.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Warning));
        Assert.False(loggers.CreateLogger("Microsoft.Hosting.Lifetime").IsEnabled(LogLevel.Critical));
        Assert.False(loggers.CreateLogger("Microsoft.Extensions.Hosting.Internal.Host").IsEnabled(LogLevel.Error));
        Assert.True(loggers.CreateLogger("Microsoft.Extensions.Hosting.Internal.Host").IsEnabled(LogLevel.Critical));
    }

    [Fact]
    public void HostingLog_EventIds_AreUniqueAndInItsRange()
    {
        var ids = typeof(HostingLog).GetMethods()
            .Select(static method => method.GetCustomAttributes(typeof(LoggerMessageAttribute), false).Cast<LoggerMessageAttribute>().FirstOrDefault()?.EventId)
            .OfType<int>().ToList();

        Assert.NotEmpty(ids);
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(ids, static id => Assert.InRange(id, 4_000, 4_999));
    }

    private string Json(string message, string category, EventId id, Exception? exception, params object?[] values)
    {
        var formatter = new JsonLogFormatter(_time);
        var line = Write(formatter, message, category, id, exception, values);
        Assert.DoesNotContain("\n", line, StringComparison.Ordinal);
        return line;
    }

    private string Text(bool useColor, string message, string category, Exception? exception, params object?[] values) =>
        Write(new TextLogFormatter(Options.Create(new CausewayLogOptions { UseColor = useColor }), _time), message, category, default, exception, values);

    private string Write(Microsoft.Extensions.Logging.Console.ConsoleFormatter formatter, string message, string category, EventId id, Exception? exception, object?[] values)
    {
        var capture = new Capture(formatter, _scopes, category);
#pragma warning disable CA2254 // The template is the test's parameter.
        capture.Log(LogLevel.Warning, id, exception, message, values);
#pragma warning restore CA2254
        Assert.EndsWith("\n", capture.Written, StringComparison.Ordinal);
        return capture.Written[..^1];
    }

    private sealed class Capture(Microsoft.Extensions.Logging.Console.ConsoleFormatter target, IExternalScopeProvider scopes, string category) : ILogger
    {
        public string Written { get; private set; } = "";

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            using var writer = new StringWriter();
            target.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), scopes, writer);
            Written = writer.ToString();
        }
    }
}
