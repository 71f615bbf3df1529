namespace Causeway.Hosting.Tests.Configuration;

public sealed class ConfigurationTierTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Fact]
    public void Bind_NothingConfigured_KeepsDefaults()
    {
        var configuration = _work.Load();
        var options = configuration.Bind<SampleOptions>("Server");

        Assert.Equal(["http://127.0.0.1:8080"], options.Urls);
        Assert.Equal(30, options.DrainSeconds);
        Assert.Null(configuration.FilePath);
        Assert.Equal("Production", configuration.EnvironmentName);
        Assert.Equal(ConfigurationTier.Default, configuration.OriginOf("Server:DrainSeconds").Tier);
        Assert.Empty(configuration.Problems);
    }

    [Theory]
    [InlineData(0, "data", "default")]
    [InlineData(1, "from file", "causeway.json:1:14")]
    [InlineData(2, "from dotenv", ".env:2:1")]
    [InlineData(3, "from variable", "environment CAUSEWAY__Server__Directory")]
    [InlineData(4, "from flag", "flag --Server:Directory")]
    public void Bind_EachTier_WinsOverTheOnesBelow(int tiers, string expected, string origin)
    {
        _work.Variables["DOTNET_ENVIRONMENT"] = "development";
        if (tiers >= 1)
        {
            _work.Write("causeway.json", """{ "Server": {"Directory": "from file"} }""");
        }

        if (tiers >= 2)
        {
            _work.Write(".env", "# local\nCAUSEWAY__Server__Directory=\"from dotenv\"\nOTHER=1\n");
        }

        if (tiers >= 3)
        {
            _work.Variables["CAUSEWAY__Server__Directory"] = "from variable";
        }

        var configuration = _work.Load(tiers >= 4 ? ["--Server:Directory=from flag"] : []);
        var options = configuration.Bind<SampleOptions>("Server");

        Assert.Equal(expected, options.Directory);
        Assert.Equal(origin, configuration.OriginOf("Server:Directory").ToString());
        Assert.Empty(configuration.Problems);
    }

    [Theory]
    [InlineData("production")]
    [InlineData("staging")]
    public void Load_OutsideDevelopment_IgnoresDotEnv(string environment)
    {
        _work.Write(".env", "CAUSEWAY__Server__Directory=secret\nthis line is broken\n");
        _work.Variables["CAUSEWAY_ENVIRONMENT"] = environment;

        var configuration = _work.Load();

        Assert.Equal("data", configuration.Bind<SampleOptions>("Server").Directory);
        Assert.Empty(configuration.Problems);
    }

    [Fact]
    public void Load_CommentsAndTrailingCommas_AreFine()
    {
        _work.Write("causeway.json", """
            // what it serves
            {
              "$schema": "https://example.com/causeway.schema.json",
              "Server": {
                /* seconds */ "DrainSeconds": 5,
                "Docs": false,
                "Mode": "read_only",
                "Timeout": "00:01:30",
                "PublicUrl": null,
                "Ports": [8080, 8081,],
              },
            }
            // the end
            """);

        var configuration = _work.Load();
        var options = configuration.Bind<SampleOptions>("Server");

        Assert.Empty(configuration.Problems);
        Assert.Equal(5, options.DrainSeconds);
        Assert.False(options.Docs);
        Assert.Equal(SampleMode.ReadOnly, options.Mode);
        Assert.Equal(TimeSpan.FromSeconds(90), options.Timeout);
        Assert.Null(options.PublicUrl);
        Assert.Equal([8080, 8081], options.Ports);
        Assert.Equal(Path.Combine(_work.Path, "causeway.json"), configuration.FilePath);
    }

    [Fact]
    public void Bind_MapsListsAndNested_AreFilled()
    {
        _work.Write("causeway.json", """
            {"Server": {"Rooms": {"chat": {"History": 7}, "Quiet": {}}, "Rules": [{"Name": "a"}, {"Name": "b"}], "Nested": {"Name": "n"}}}
            """);
        _work.Variables["CAUSEWAY__SERVER__ROOMS__CHAT__NAME"] = "Chat";

        var configuration = _work.Load();
        var options = configuration.Bind<SampleOptions>("Server");

        Assert.Empty(configuration.Problems);
        Assert.Equal(["chat", "Quiet"], options.Rooms.Keys);
        Assert.Equal((7, "Chat"), (options.Rooms["chat"].History, options.Rooms["chat"].Name));
        Assert.Null(options.Rooms["quiet"].History);
        Assert.Equal(["a", "b"], options.Rules.Select(static rule => rule.Name));
        Assert.Equal("n", options.Nested.Name);
    }

    [Theory]
    [InlineData("http://a;http://b", new[] { "http://a", "http://b" })]
    [InlineData("http://a, http://b", new[] { "http://a", "http://b" })]
    [InlineData("http://a", new[] { "http://a" })]
    public void Bind_ListAsOneText_IsSplit(string text, string[] expected)
    {
        var options = _work.Load($"--Server:Urls={text}").Bind<SampleOptions>("Server");

        Assert.Equal(expected, options.Urls);
    }

    [Fact]
    public void Bind_EmptyList_ReplacesTheDefault()
    {
        _work.Write("causeway.json", """{"Server": {"Urls": []}}""");

        Assert.Empty(_work.Load().Bind<SampleOptions>("Server").Urls);
    }

    [Theory]
    [InlineData("CAUSEWAY__Server__Urls__0", "x")]
    [InlineData("CAUSEWAY__Server__Urls", "x")]
    public void Bind_ShorterListInALaterTier_ReplacesTheWholeList(string variable, string value)
    {
        _work.Write("causeway.json", """{"Server": {"Urls": ["a", "b", "c"]}}""");
        _work.Variables[variable] = value;

        var configuration = _work.Load();

        Assert.Equal(["x"], configuration.Bind<SampleOptions>("Server").Urls);
        Assert.Empty(configuration.Problems);
    }

    [Fact]
    public void Bind_ListOfMoreThanTen_KeepsItsOrder()
    {
        var numbers = Enumerable.Range(1, 12).ToArray();
        for (var i = numbers.Length - 1; i >= 0; i--)
        {
            _work.Variables[$"CAUSEWAY__Server__Ports__{i}"] = $"{numbers[i]}";
        }

        Assert.Equal(numbers, _work.Load().Bind<SampleOptions>("Server").Ports);
    }

    [Fact]
    public void Load_EmptyVariable_CountsAsNotSet()
    {
        _work.Variables["CAUSEWAY__Server__Directory"] = "";

        Assert.Equal("data", _work.Load().Bind<SampleOptions>("Server").Directory);
    }

    [Fact]
    public void Load_Arguments_SplitsConfigurationFromTheRest()
    {
        var file = _work.Write("elsewhere/my.json", """{"Server": {"DrainSeconds": 9}}""");

        var configuration = _work.Load(
            "config", "--config", file, "show", "--Server:Directory", "a=b", "--json", "--environment=staging", "--", "--Server:Docs=false");

        Assert.Equal(["config", "show", "--json", "--", "--Server:Docs=false"], configuration.RemainingArguments);
        var options = configuration.Bind<SampleOptions>("Server");
        Assert.Equal((9, "a=b", true), (options.DrainSeconds, options.Directory, options.Docs));
        Assert.Equal("Staging", configuration.EnvironmentName);
        Assert.Empty(configuration.Problems);
    }

    [Theory]
    [InlineData("--Environment=staging", "development", "development", "development", "Staging")]
    [InlineData(null, "staging", "development", "development", "Staging")]
    [InlineData(null, null, "staging", "development", "Staging")]
    [InlineData(null, null, null, "DEVELOPMENT", "Development")]
    [InlineData(null, null, null, null, "Staging")]
    public void Load_Environment_TakesTheFirstThatIsSet(string? flag, string? variable, string? plain, string? dotnet, string expected)
    {
        _work.Write("causeway.json", """{"Environment": "staging"}""");
        _work.Variables["CAUSEWAY__Environment"] = variable;
        _work.Variables["CAUSEWAY_ENVIRONMENT"] = plain;
        _work.Variables["DOTNET_ENVIRONMENT"] = dotnet;
        _work.Variables["ASPNETCORE_ENVIRONMENT"] = "Development";

        var configuration = _work.Load(flag is null ? [] : [flag]);

        Assert.Equal(expected, configuration.EnvironmentName);
        Assert.Empty(configuration.Problems);
    }

    [Fact]
    public void Apply_BoundSection_LeavesTheRestOfTheTargetAlone()
    {
        var configuration = _work.Load("--Server:DrainSeconds=4");
        var target = new SampleOptions { Directory = "mine" };

        configuration.Apply("Server", target);

        Assert.Equal((4, "mine"), (target.DrainSeconds, target.Directory));
    }
}
