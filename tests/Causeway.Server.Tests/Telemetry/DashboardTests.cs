using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Causeway.Testing;

namespace Causeway.Server.Tests.Telemetry;

/// <summary>F5: the dashboard and the alerts name only metrics that a running server has.</summary>
public sealed partial class DashboardTests
{
    [Fact]
    public async Task Metrics_OfDashboardAndAlerts_AreAllThere()
    {
        var dead = FreePort.Next();
        await using var server = await RunningServer.StartAsync($$"""
            { "Relay": { "Routes": [{ "Path": "/app/{**rest}", "Backend": "app", "Access": "anyone" }], "Backends": { "app": { "Urls": ["http://127.0.0.1:{{dead}}"] } } } }
            """);
        await using var member = await server.ConnectAsync();
        await member.JoinAsync("a");
        await member.PublishAsync("a", new JsonObject());
        await member.NextAsync("chat");
        await member.RequestAsync("nobody.takes.this");
        Assert.Equal(502, (await server.GetAsync("/app/x")).Status);
        await Eventually.True(async () => (await server.GetAsync("/metrics")).Text.Contains("causeway_loop_runs_total", StringComparison.Ordinal));

        var families = TypeLine().Matches((await server.GetAsync("/metrics")).Text).Select(static match => match.Groups[1].Value).ToHashSet();
        var missing = Expressions().SelectMany(static expression => MetricName().Matches(expression).Select(static match => match.Value))
            .Distinct().Where(name => !families.Contains(name) && !families.Contains(Series().Replace(name, ""))).ToList();

        Assert.Empty(missing);
        Assert.True(Expressions().Count() > 20);
    }

    [Fact]
    public void Dashboard_Panels_HaveIdsOfTheirOwnATitleAndAPlace()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(House.Path("deploy", "grafana-dashboard.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(static panel => panel.GetProperty("type").GetString() != "row").ToList();

        Assert.Equal(panels.Count, panels.Select(static panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels, static panel => Assert.NotEmpty(panel.GetProperty("title").GetString()!));
        var places = panels.Select(static panel => panel.GetProperty("gridPos")).Select(static place => (X: place.GetProperty("x").GetInt32(), Y: place.GetProperty("y").GetInt32(), W: place.GetProperty("w").GetInt32())).ToList();
        Assert.Equal(places.Count, places.Select(static place => (place.X, place.Y)).Distinct().Count());
        Assert.All(places, static place => Assert.True(place.X + place.W <= 24));
    }

    [Fact]
    public void Alerts_EachRule_HasASeverityAndSaysWhatToLookAt()
    {
        var rules = File.ReadAllText(House.Path("deploy", "alerts.yaml")).Split("- alert: ")[1..];

        Assert.NotEmpty(rules);
        Assert.All(rules, static rule =>
        {
            Assert.Matches("severity: (critical|warning)", rule);
            Assert.Contains("expr: ", rule, StringComparison.Ordinal);
            Assert.Contains("summary: ", rule, StringComparison.Ordinal);
            Assert.Contains("description: ", rule, StringComparison.Ordinal);
        });
    }

    private static IEnumerable<string> Expressions()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(House.Path("deploy", "grafana-dashboard.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .Where(static panel => panel.TryGetProperty("targets", out _))
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray().Select(static target => target.GetProperty("expr").GetString()!));
        var alerts = File.ReadLines(House.Path("deploy", "alerts.yaml")).Select(static line => line.Trim()).Where(static line => line.StartsWith("expr: ", StringComparison.Ordinal));
        return [.. panels, .. alerts];
    }

    [GeneratedRegex(@"^# TYPE (\S+)", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"\b(?:causeway|dotnet|http_server|process)_[a-z0-9_]+")]
    private static partial Regex MetricName();

    [GeneratedRegex("_(?:bucket|sum|count)$")]
    private static partial Regex Series();
}
