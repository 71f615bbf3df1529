namespace Causeway.Hosting.Tests.Configuration;

public sealed class ConfigurationProblemTests : IDisposable
{
    private readonly Workspace _work = new();

    public void Dispose() => _work.Dispose();

    [Theory]
    [InlineData("""{"Server": {"DrainSeconds": "soon"}}""", "Server:DrainSeconds must be a whole number, not 'soon'")]
    [InlineData("""{"Server": {"DrainSeconds": 1.5}}""", "Server:DrainSeconds must be a whole number, not '1.5'")]
    [InlineData("""{"Server": {"DrainSeconds": 99999999999}}""", "Server:DrainSeconds must be a number from -2147483648 to 2147483647, not '99999999999'")]
    [InlineData("""{"Server": {"DrainSeconds": 3601}}""", "Server:DrainSeconds must be 0 to 3600, not 3601")]
    [InlineData("""{"Server": {"DrainSeconds": {"a": 1}}}""", "Server:DrainSeconds must be one value, not a list or an object")]
    [InlineData("""{"Server": {"DrainSeconds": []}}""", "Server:DrainSeconds must not be a list")]
    [InlineData("""{"Server": {"Docs": "yes"}}""", "Server:Docs must be true or false, not 'yes'")]
    [InlineData("""{"Server": {"Mode": "remote"}}""", "Server:Mode must be one of local, read_only, not 'remote'")]
    [InlineData("""{"Server": {"Mode": 1}}""", "Server:Mode must be one of local, read_only, not '1'")]
    [InlineData("""{"Server": {"Timeout": 5}}""", null)]
    [InlineData("""{"Server": {"Timeout": "5 s"}}""", "Server:Timeout must be a time such as 00:00:30, not '5 s'")]
    [InlineData("""{"Server": {"Directory": ""}}""", "Server:Directory is refused: it must not be empty")]
    [InlineData("""{"Server": {"Rooms": {"chat": {"History": 101}}}}""", "Server:Rooms:chat:History must be 0 to 100, not 101")]
    [InlineData("""{"Server": {"Rules": [{}, {"History": -1}]}}""", "Server:Rules:1:History must be 0 to 100, not -1")]
    [InlineData("""{"Server": {"Ports": [1, "x"]}}""", "Server:Ports:1 must be a whole number, not 'x'")]
    [InlineData("""{"Server": {"Urls": {"a": "b"}}}""", "Server:Urls must be a list")]
    [InlineData("""{"Server": {"Rules": "x"}}""", "Server:Rules must be a list of objects")]
    [InlineData("""{"Server": 5}""", "Server must be an object")]
    [InlineData("""{"Server": {"Drainseconds": 5, "DrainSeconds": 6}}""", "Server:DrainSeconds stands twice, first at line 1")]
    [InlineData("""{"Server": {"DrainSecond": 5}}""", "Server:DrainSecond is unknown; did you mean Server:DrainSeconds?")]
    [InlineData("""{"Server": {"dirctory": "x"}}""", "Server:dirctory is unknown; did you mean Server:Directory?")]
    [InlineData("""{"Server": {"Colour": "x"}}""", "Server:Colour is unknown")]
    [InlineData("""{"Sever": {"Docs": true, "Mode": "local"}}""", "Sever is unknown; did you mean Server?")]
    [InlineData("""{"DrainSeconds": 5}""", "DrainSeconds is unknown; did you mean Server:DrainSeconds?")]
    [InlineData("""{"Server": {"Rooms": {"chat": {"Histori": 5}}}}""", "Server:Rooms:chat:Histori is unknown; did you mean Server:Rooms:chat:History?")]
    [InlineData("""{"Server": {"IsComputed": true}}""", "Server:IsComputed is unknown")]
    [InlineData("""{"Environment": "test"}""", "Environment must be one of development, staging, production, not 'test'")]
    public void Problems_BadValue_SaysKeyAndReason(string json, string? expected)
    {
        _work.Write("causeway.json", json);
        var configuration = _work.Load();
        configuration.Bind<SampleOptions>("Server");

        if (expected is null)
        {
            Assert.Empty(configuration.Problems);
            return;
        }

        var problem = Assert.Single(configuration.Problems);
        Assert.Equal(expected, $"{problem.Key} {problem.Reason}");
        Assert.Equal((ConfigurationTier.File, "causeway.json", 1), (problem.Source!.Tier, problem.Source.Name, problem.Source.Line));
    }

    [Fact]
    public void Problems_SeveralTiersWrong_AreAllTold()
    {
        _work.Write("causeway.json", """
            {
              "Server": {
                "DrainSeconds": 5000,
                "Modus": "local"
              }
            }
            """);
        _work.Write(".env", "CAUSEWAY__Server__Docs=maybe\nnonsense\n");
        _work.Variables["CAUSEWAY__Server__Timeout"] = "later";
        _work.Variables["CAUSEWAY_ENVIRONMENT"] = "development";
        var configuration = _work.Load("--Server:Mode=remote", "--Server:Urls");
        configuration.Bind<SampleOptions>("Server", static _ => [new("PublicUrl", "must be set")]);

        var exception = Assert.Throws<ConfigurationException>(configuration.ThrowIfInvalid);

        Assert.Equal(
            [
                ".env:2:1 is not KEY=VALUE, and no comment either",
                "Server:Docs must be true or false, not 'maybe' (.env:1:1)",
                "Server:DrainSeconds must be 0 to 3600, not 5000 (causeway.json:3:5)",
                "Server:Mode must be one of local, read_only, not 'remote' (flag --Server:Mode)",
                "Server:Modus is unknown; did you mean Server:Mode? (causeway.json:4:5)",
                "Server:PublicUrl must be set",
                "Server:Timeout must be a time such as 00:00:30, not 'later' (environment CAUSEWAY__Server__Timeout)",
                "Server:Urls needs a value: --Server:Urls=VALUE (flag --Server:Urls)",
            ],
            exception.Problems.Select(static problem => problem.ToString()).Order(StringComparer.Ordinal));
        Assert.StartsWith("The configuration has 8 problems:", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n  \"Server\": {\n    \"Docs\": tru\n  }\n}", 3, 16)]
    [InlineData("{ \"ä\": 1, \"b\" }", 1, 15)]
    [InlineData("{\"Server\": {}", 1, 14)]
    [InlineData("", 1, 1)]
    [InlineData("[1]", 1, 1)]
    [InlineData("{} {}", 1, 4)]
    public void Problems_NoJson_SaysLineAndColumn(string json, int line, int column)
    {
        _work.Write("causeway.json", json);

        var problem = Assert.Single(_work.Load().Problems);

        Assert.Equal((line, column), (problem.Source!.Line, problem.Source.Column));
        Assert.Contains("JSON", problem.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", problem.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_NamedFileMissing_IsTold()
    {
        var problem = Assert.Single(_work.Load("--config", "nowhere.json").Problems);

        Assert.Equal("nowhere.json does not exist", problem.ToString());
    }

    [Fact]
    public void Problems_NamedFileIsADirectory_IsTold()
    {
        Assert.Contains("can't be read", Assert.Single(_work.Load("--config", _work.Path).Problems).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Problems_UnreadableSecret_IsNotRepeated()
    {
        _work.Variables["CAUSEWAY__Server__Pin"] = "hunter2";
        var configuration = _work.Load();
        configuration.Bind<SampleOptions>("Server");

        Assert.Equal("Server:Pin must be a whole number (environment CAUSEWAY__Server__Pin)", Assert.Single(configuration.Problems).ToString());
    }

    [Fact]
    public void Problems_UnknownVariableOfOurPrefix_IsTold()
    {
        _work.Variables["CAUSEWAY__Server__Drain"] = "1";
        _work.Variables["CAUSEWAY_SERVICE_HOST"] = "10.0.0.1";
        var configuration = _work.Load();
        configuration.Bind<SampleOptions>("Server");

        Assert.Equal("Server:Drain is unknown (environment CAUSEWAY__Server__Drain)", Assert.Single(configuration.Problems).ToString());
    }

    [Fact]
    public void Bind_SectionTwice_IsACallersBug()
    {
        var configuration = _work.Load();
        configuration.Bind<SampleOptions>("Server");

        Assert.Throws<ArgumentException>(() => configuration.Bind<SampleOptions>("server"));
    }

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("Urls", "Ursl", 1)]
    [InlineData("Urls", "Url", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Distance_TwoTexts_CountsEdits(string from, string to, int expected)
    {
        Assert.Equal(expected, UnknownKeys.Distance(from, to));
        Assert.Equal(expected, UnknownKeys.Distance(to, from));
    }
}
