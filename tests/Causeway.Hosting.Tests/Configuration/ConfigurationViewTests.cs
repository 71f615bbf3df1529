using System.Text.Json;

namespace Causeway.Hosting.Tests.Configuration;

public sealed class ConfigurationViewTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public void View_AllTiers_ShowsValuesAndSources()
    {
        _work.Write("causeway.json", """{"Server": {"Mode": "read_only", "Rooms": {"chat": {"History": 5}}}}""");
        var configuration = _work.Load("--Server:Urls=http://a;http://b");
        configuration.Bind<SampleOptions>("Server");

        var entries = configuration.View().Entries.ToDictionary(static entry => entry.Key);

        Assert.Equal(("read_only", "file"), (entries["Server:Mode"].Value, entries["Server:Mode"].Source.TierName));
        Assert.Equal(("http://a, http://b", "flag"), (entries["Server:Urls"].Value, entries["Server:Urls"].Source.TierName));
        Assert.Equal(("30", "default"), (entries["Server:DrainSeconds"].Value, entries["Server:DrainSeconds"].Source.TierName));
        Assert.Equal(("5", "file"), (entries["Server:Rooms:chat:History"].Value, entries["Server:Rooms:chat:History"].Source.TierName));
        Assert.Null(entries["Server:PublicUrl"].Value);
    }

    [Fact]
    public void View_Secret_IsMaskedEverywhere()
    {
        _work.Variables["CAUSEWAY__Server__Key"] = "hunter2";
        var configuration = _work.Load();
        Assert.Equal("hunter2", configuration.Bind<SampleOptions>("Server").Key);

        var view = configuration.View();

        Assert.Equal(ConfigurationView.Mask, view.Entries.Single(static entry => entry.Key == "Server:Key").Value);
        Assert.DoesNotContain("hunter2", view.ToText(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", view.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void View_SecretThatIsNotSet_SaysSo()
    {
        var configuration = _work.Load();
        configuration.Bind<SampleOptions>("Server");

        Assert.Null(configuration.View().Entries.Single(static entry => entry.Key == "Server:Key").Value);
    }

    [Fact]
    public void ToJson_Always_IsJsonWithTheSameEntries()
    {
        var configuration = _work.Load("--Server:DrainSeconds=7");
        configuration.Bind<SampleOptions>("Server");
        var view = configuration.View();

        using var json = JsonDocument.Parse(view.ToJson());

        Assert.Equal("production", json.RootElement.GetProperty("environment").GetString());
        var values = json.RootElement.GetProperty("values");
        Assert.Equal(view.Entries.Count, values.GetArrayLength());
        var drain = values.EnumerateArray().Single(static value => value.GetProperty("key").GetString() == "Server:DrainSeconds");
        Assert.Equal(("7", "flag", "flag --Server:DrainSeconds"),
            (drain.GetProperty("value").GetString(), drain.GetProperty("source").GetString(), drain.GetProperty("location").GetString()));
    }
}
