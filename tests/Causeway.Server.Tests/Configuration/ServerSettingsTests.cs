using Causeway.Hosting;
using Causeway.Http;
using Causeway.Realtime;
using Causeway.Testing;

namespace Causeway.Server.Tests.Configuration;

/// <summary>F1: typed, all mistakes at once.</summary>
public sealed class ServerSettingsTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Load_Nothing_IsLocalOnPort8080()
    {
        var settings = Load("{}");

        Assert.Equal(["http://127.0.0.1:8080"], settings.Server.ListenUrls());
        Assert.Equal(_directory["data"], settings.DataDirectory);
        Assert.Equal("production", settings.Environment);
        Assert.True(settings.ServesDocs);
        Assert.True(ExposureOf(settings).IsLocal);
    }

    [Fact]
    public void Load_ManyMistakes_TellsAllOfThem()
    {
        var problems = Problems("""
            {
              "Server": { "Urls": "http://127.0.0.1:8080;ftp://127.0.0.1:8443;nonsense", "DrainSeconds": -1, "Dosc": "off", "PublicUrl": "live.example" },
              "Auth": { "Mode": "sometimes", "SigningKeys": [{ "Id": "a b", "Key": "c2hvcnQ=" }], "AllowedOrigins": ["example"], "AllowedHosts": ["http://example"] },
              "Realtime": { "HeartbeatSeconds": 0, "Namespaces": { "chat": { "History": -1, "Join": "nobody" } } },
              "Relais": {}
            }
            """);

        foreach (var key in new[]
        {
            "Server:Urls", "Server:DrainSeconds", "Server:Dosc", "Server:PublicUrl", "Auth:Mode", "Auth:SigningKeys:0:Id", "Auth:SigningKeys:0:Key",
            "Auth:AllowedOrigins", "Auth:AllowedHosts", "Realtime:HeartbeatSeconds", "Realtime:Namespaces", "Realtime:Namespaces:chat:Join", "Relais",
        })
        {
            Assert.Contains(problems, problem => problem.Key.Equals(key, StringComparison.Ordinal));
        }

        Assert.Contains(problems, static problem => problem.ToString().Contains("ftp://127.0.0.1:8443", StringComparison.Ordinal));
        Assert.Contains(problems, static problem => problem.ToString().Contains("nonsense", StringComparison.Ordinal));
        Assert.Contains(problems, static problem => problem.ToString().Contains("did you mean Server:Docs", StringComparison.Ordinal));
        Assert.DoesNotContain(problems, static problem => problem.ToString().Contains("c2hvcnQ=", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_BackplaneOnSqlite_SaysWhatItNeeds()
    {
        var problem = Assert.Single(Problems("""{ "Realtime": { "Backplane": "postgres" } }"""));

        Assert.Equal("Realtime:Backplane", problem.Key);
        Assert.Contains("Database:Provider postgres", problem.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "is needed")]
    [InlineData("""{ "Url": "http://guest:s3cr3t@mq" }""", "must be amqp://")]
    [InlineData("""{ "Url": "s3cr3t" }""", "must be amqp://")]
    [InlineData("""{ "Url": "amqp://mq/one/s3cr3t" }""", "must be amqp://")]
    public void Load_BrokerThatIsNone_SaysWhatItNeedsWithoutThePassword(string broker, string reason)
    {
        var problem = Assert.Single(Problems($$"""{ "Realtime": { "Backplane": "rabbitmq", "RabbitMq": {{broker}} }, "Database": { "Provider": "postgres", "ConnectionString": "Host=127.0.0.1" } }"""));

        Assert.Equal("Realtime:RabbitMq:Url", problem.Key);
        Assert.Contains(reason, problem.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_BrokerOnSqlite_SaysWhatItNeeds() =>
        Assert.Equal("Realtime:Backplane", Assert.Single(Problems("""{ "Realtime": { "Backplane": "rabbitmq", "RabbitMq": { "Url": "amqp://mq" } } }""")).Key);

    [Fact]
    public void Load_Broker_IsThereAndItsAddressIsMasked()
    {
        var settings = Load("""
            { "Realtime": { "Backplane": "rabbitmq", "RabbitMq": { "Url": "amqps://u:s3cr3t@mq/v" } }, "Database": { "Provider": "postgres", "ConnectionString": "Host=127.0.0.1" } }
            """);

        Assert.True(settings.SharesRooms);
        Assert.Equal(("amqps://u:s3cr3t@mq/v", "causeway"), (settings.Broker!.Url, settings.Broker.Exchange));
        Assert.DoesNotContain(settings.Configuration.View().Entries, static entry => $"{entry.Value}".Contains("s3cr3t", StringComparison.Ordinal));
        Assert.Null(Load("""{ "Realtime": { "RabbitMq": { "Url": "amqp://mq" } } }""").Broker);
    }

    [Fact]
    public void Load_BackplaneOnPostgres_SharesRooms() => Assert.True(
        Load("""{ "Realtime": { "Backplane": "postgres" }, "Database": { "Provider": "postgres", "ConnectionString": "Host=127.0.0.1" } }""").SharesRooms);

    [Fact]
    public void Load_ThingsThatAskForNothing_Taken() => Assert.NotNull(Load("""
        { "Server": { "AdminUrls": null }, "Auth": { "AllowRegistration": false }, "Relay": { "Site": { "Directory": null } }, "Mail": {},
          "Realtime": { "Backplane": "none", "Namespaces": { "chat": { "Durable": true } } }, "Telemetry": { "Otlp": null } }
        """));

    [Theory]
    [InlineData("Realtime:DrainSeconds", "Server:DrainSeconds")]
    [InlineData("Realtime:AllowedOrigins", "Auth:AllowedOrigins")]
    public void Load_KeyThatStandsElsewhere_SaysWhere(string key, string place)
    {
        var problems = Assert.Throws<ConfigurationException>(() => ServerSettings.Load([$"--{key}=1"], RunningServer.Look(_directory.Path))).Problems;

        Assert.Contains(problems, problem => problem.Key == key && problem.Reason.Contains(place, StringComparison.Ordinal));
    }

    [Fact]
    public void Load_LocalSaidOutrightButExposed_Contradiction()
    {
        var problem = Assert.Single(Problems("""{ "Server": { "Urls": "http://0.0.0.0:8080" }, "Auth": { "Mode": "local" } }"""));

        Assert.Equal("Auth:Mode", problem.Key);
        Assert.Contains("http://0.0.0.0:8080", problem.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_TwoKeysOfOneId_Refused() => Assert.Contains("two keys", Assert.Single(Problems($$"""
        { "Auth": { "SigningKeys": [ { "Id": "a", "Key": "{{Convert.ToBase64String(new byte[32])}}" }, { "Id": "a", "Key": "{{Convert.ToBase64String(new byte[32])}}" } ] } }
        """)).Reason, StringComparison.Ordinal);

    [Theory]
    [InlineData("--Server:Urls=http://0.0.0.0:8080")]
    [InlineData("--Server:PublicUrl=https://live.example")]
    [InlineData("--Server:TrustedProxies=10.0.0.1")]
    [InlineData("--Auth:Mode=required")]
    public void Apply_Exposed_OnlyTheAuthenticatedJoin(string flag)
    {
        var settings = ServerSettings.Load([flag], RunningServer.Look(_directory.Path));
        var exposure = ExposureOf(settings);
        var realtime = new RealtimeOptions();

        settings.Apply(realtime, exposure);

        Assert.False(exposure.IsLocal);
        Assert.Equal(JoinRule.Authenticated, realtime.Namespaces["default"].Join);
    }

    [Fact]
    public void Apply_ExposedWithARuleOfItsOwn_KeepsTheRule()
    {
        var settings = ServerSettings.Load(
            ["--Auth:Mode=required", "--Realtime:Namespaces:default:Join=anyone"], RunningServer.Look(_directory.Path));
        var realtime = new RealtimeOptions();

        settings.Apply(realtime, ExposureOf(settings));

        Assert.Equal(JoinRule.Anyone, realtime.Namespaces["default"].Join);
    }

    [Fact]
    public void Apply_Local_RoomsAreOpen()
    {
        var settings = Load("""{ "Realtime": { "MaxMessageBytes": 4096, "Namespaces": { "chat": { "History": 7, "SlowConsumer": "drop_oldest" } } } }""");
        var realtime = new RealtimeOptions();

        settings.Apply(realtime, ExposureOf(settings));

        Assert.False(realtime.Namespaces.ContainsKey("default"));
        Assert.Equal(4_096, realtime.MaxMessageBytes);
        Assert.Equal(7, realtime.Namespaces["CHAT"].History);
        Assert.Equal(SlowConsumerPolicy.DropOldest, realtime.Namespaces["chat"].SlowConsumer);
    }

    [Theory]
    [InlineData("always", "production", true)]
    [InlineData("development", "production", false)]
    [InlineData("development", "development", true)]
    [InlineData("off", "development", false)]
    public void ServesDocs_ByModeAndEnvironment(string mode, string environment, bool expected) => Assert.Equal(
        expected,
        ServerSettings.Load([$"--Server:Docs={mode}", $"--Environment={environment}"], RunningServer.Look(_directory.Path)).ServesDocs);

    private static Exposure ExposureOf(ServerSettings settings)
    {
        var options = new ExposureOptions();
        settings.Apply(options);
        return Exposure.Decide(options);
    }

    private ServerSettings Load(string json)
    {
        _directory.Write("causeway.json", json);
        return ServerSettings.Load([], RunningServer.Look(_directory.Path));
    }

    private IReadOnlyList<ConfigurationProblem> Problems(string json) => Assert.Throws<ConfigurationException>(() => Load(json)).Problems;
}
