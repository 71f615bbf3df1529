using System.Text.Json;
using Causeway.Hosting;
using Causeway.Testing;

namespace Causeway.Server.Tests.Configuration;

/// <summary>F1: a JSON Schema for editors, made from the options themselves.</summary>
public sealed class SchemaTests : IDisposable
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly JsonDocument _schema = JsonDocument.Parse(ServerSettings.JsonSchema());
    private readonly TempDirectory _directory = new();

    public static TheoryData<string> Samples => [.. Directory.GetFiles(House.Path("samples"), "causeway.json", SearchOption.AllDirectories)
        .Select(static path => Path.GetRelativePath(House.Root, path))];

    public void Dispose()
    {
        _schema.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void JsonSchema_CheckedIn_IsWhatTheProgramWrites() => Assert.True(
        File.ReadAllText(House.Path("docs", "causeway.schema.json")) == ServerSettings.JsonSchema(),
        "docs/causeway.schema.json is not what the program writes: dotnet run --project src/Causeway.Server -- config schema > docs/causeway.schema.json");

    [Theory]
    [MemberData(nameof(Samples))]
    public void JsonSchema_EverySample_IsTaken(string path) => Assert.Empty(Errors(File.ReadAllText(House.Path(path))));

    [Fact]
    public void JsonSchema_ConfigurationInTheDocs_IsTaken()
    {
        var docs = File.ReadAllText(House.Path("docs", "configuration.md"));
        var start = docs.IndexOf("```jsonc", StringComparison.Ordinal) + "```jsonc".Length;

        Assert.Empty(Errors(docs[start..docs.IndexOf("```", start, StringComparison.Ordinal)]));
    }

    [Theory]
    [InlineData("""{"$schema": "docs/causeway.schema.json", "Environment": "staging"}""")]
    [InlineData("""{"Server": {"DrainSeconds": 0, "TakeOver": "never", "AdminUrls": null}}""")]
    [InlineData("""{"Realtime": {"Namespaces": {"default": {"SlowConsumer": "drop_oldest"}, "any": {"History": 5}}}}""")]
    [InlineData("""{"Auth": {"AllowedOrigins": "https://a.example, https://b.example"}}""")]
    [InlineData("""{"Auth": {"AllowedOrigins": ["https://a.example"]}}""")]
    [InlineData("""{"Telemetry": {"OtlpProtocol": "http/protobuf", "TraceRatio": 0.25}}""")]
    public void JsonSchema_GoodConfiguration_IsTakenAsTheProgramTakesIt(string json)
    {
        Assert.Empty(Errors(json));
        Assert.Empty(ProblemsOf(json));
    }

    [Theory]
    [InlineData("""{"Srever": {}}""")]
    [InlineData("""{"Server": {"Porst": 1}}""")]
    [InlineData("""{"Server": {"DrainSeconds": 3601}}""")]
    [InlineData("""{"Server": {"DrainSeconds": "soon"}}""")]
    [InlineData("""{"Server": {"TakeOver": "somebody"}}""")]
    [InlineData("""{"Server": []}""")]
    [InlineData("""{"Realtime": {"DrainSeconds": 3}}""")]
    [InlineData("""{"Realtime": {"Namespaces": {"any": {"Histoy": 5}}}}""")]
    [InlineData("""{"Realtime": {"Namespaces": {"any": {"SlowConsumer": "shout"}}}}""")]
    [InlineData("""{"Auth": {"SigningKeys": [{"Key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}}""")]
    [InlineData("""{"Telemetry": {"TraceRatio": 1.5}}""")]
    public void JsonSchema_BadConfiguration_IsRefusedAsTheProgramRefusesIt(string json)
    {
        Assert.NotEmpty(Errors(json));
        Assert.NotEmpty(ProblemsOf(json));
    }

    [Fact]
    public void JsonSchema_EveryKey_HasADescription()
    {
        var silent = new List<string>();
        Walk(_schema.RootElement, "");
        Assert.Empty(silent);

        void Walk(JsonElement schema, string path)
        {
            if (schema.TryGetProperty("properties", out var properties))
            {
                foreach (var property in properties.EnumerateObject())
                {
                    var key = $"{path}:{property.Name}";
                    if (path.Length > 0 && !property.Value.TryGetProperty("description", out _))
                    {
                        silent.Add(key);
                    }

                    Walk(property.Value, key);
                }
            }

            foreach (var word in new[] { "items", "additionalProperties" })
            {
                if (schema.TryGetProperty(word, out var inner) && inner.ValueKind == JsonValueKind.Object)
                {
                    Walk(inner, path + ":*");
                }
            }
        }
    }

    [Theory]
    [InlineData("Telemetry", "OtlpHeaders")]
    [InlineData("Server", "Tls", "Password")]
    public void JsonSchema_Secret_IsMarkedAndHasNoDefault(params string[] path)
    {
        var schema = path.Aggregate(_schema.RootElement, static (schema, name) => schema.GetProperty("properties").GetProperty(name));

        Assert.True(schema.GetProperty("writeOnly").GetBoolean());
        Assert.False(schema.TryGetProperty("default", out _));
    }

    private IReadOnlyList<string> Errors(string json)
    {
        using var value = JsonDocument.Parse(json, Lenient);
        return JsonSchemaCheck.Errors(_schema.RootElement, value.RootElement);
    }

    private IReadOnlyList<ConfigurationProblem> ProblemsOf(string json)
    {
        _directory.Write("causeway.json", json);
        try
        {
            ServerSettings.Load([], RunningServer.Look(_directory.Path));
            return [];
        }
        catch (ConfigurationException exception)
        {
            return exception.Problems;
        }
    }
}
