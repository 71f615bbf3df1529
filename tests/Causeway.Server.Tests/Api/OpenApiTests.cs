using System.Text.Json;
using Causeway.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Api;

/// <summary>F6: the OpenAPI document says what is there, and nothing else. That answers are declared is checked by every request these tests make.</summary>
public sealed class OpenApiTests(LocalServer local) : IClassFixture<LocalServer>
{
    private static readonly string[] NotForPrograms = ["/ws", "/sse", "/openapi/", "/asyncapi.json"];

    private RunningServer Server => local.Server;

    [Fact]
    public async Task Document_Paths_AreExactlyTheMappedEndpoints()
    {
        var described = Operations(await DocumentAsync()).Select(static operation => $"{operation.Method} {operation.Path}").Order(StringComparer.Ordinal);
        var mapped = Server.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static endpoint => endpoint.RoutePattern.RawText is { } path && !NotForPrograms.Any(path.StartsWith) && !IsSiteFile(path))
            .SelectMany(static endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
                .Where(static method => method != "HEAD").Select(method => $"{method.ToLowerInvariant()} {endpoint.RoutePattern.RawText!.TrimEnd('/')}"))
            .Order(StringComparer.Ordinal);

        Assert.Equal(mapped, described);
    }

    /// <summary>F12: whatever a POST creates can be asked for again without a second one.</summary>
    [Fact]
    public async Task Document_EveryPostThatCreates_TakesAnIdempotencyKey()
    {
        var without = new List<string?>();
        foreach (var (_, method, operation) in Operations(await DocumentAsync()))
        {
            if (method == "post" && operation.GetProperty("responses").TryGetProperty("201", out _)
                && !(operation.TryGetProperty("parameters", out var parameters)
                    && parameters.EnumerateArray().Any(static parameter => parameter.TryGetProperty("name", out var name) && name.GetString() == "Idempotency-Key")))
            {
                without.Add(operation.GetProperty("operationId").GetString());
            }
        }

        Assert.Empty(without);
    }

    [Fact]
    public async Task Document_EveryOperation_IsCompleteForAReader()
    {
        var document = await DocumentAsync();

        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal(ServerApp.Version, document.GetProperty("info").GetProperty("version").GetString());
        var ids = new HashSet<string>();
        foreach (var (path, method, operation) in Operations(document))
        {
            Assert.True(ids.Add(operation.GetProperty("operationId").GetString()!), path);
            Assert.False(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()), path);
            Assert.Equal(1, operation.GetProperty("tags").GetArrayLength());
            if (operation.TryGetProperty("parameters", out var parameters))
            {
                Assert.All(parameters.EnumerateArray(), parameter => Assert.False(
                    string.IsNullOrEmpty(parameter.GetProperty("description").GetString()), $"{path} {parameter.GetProperty("name")}"));
            }

            var responses = operation.GetProperty("responses").EnumerateObject().Select(static response => response.Name).ToList();
            Assert.Contains(responses, static code => code.StartsWith('2'));
            if (!path.StartsWith("/api/", StringComparison.Ordinal))
            {
                continue;
            }

            if (!operation.TryGetProperty("security", out var security))
            {
                continue;
            }

            Assert.Contains(security.EnumerateArray(), static way => way.TryGetProperty("bearer", out _));
            Assert.Contains("401", responses);
            Assert.Contains("403", responses);

            // An order to something that is there, such as …/run: nothing is sent, nothing is created.
            if (method == "post" && path.Contains("}/", StringComparison.Ordinal) && !operation.TryGetProperty("requestBody", out _))
            {
                Assert.Contains("404", responses);
                continue;
            }

            // An order to one's own account.
            if (method == "post" && path.StartsWith("/api/v1/auth/", StringComparison.Ordinal) && !operation.TryGetProperty("requestBody", out _))
            {
                continue;
            }

            if (method is "post" or "patch")
            {
                Assert.True(operation.TryGetProperty("requestBody", out _), path);
                Assert.Contains("415", responses);
                Assert.Contains("422", responses);
            }

            // Answers with secrets in them are not kept, so those take no key; nor does an import, which refuses by itself what is there already.
            if (method == "post" && !path.StartsWith("/api/v1/auth/", StringComparison.Ordinal) && path is not ("/api/v1/api-keys" or "/api/v1/webhooks" or "/api/v1/webhooks/{webhook_id}/rotate-secret" or "/api/v1/users/import" or "/api/v1/rooms/import"))
            {
                Assert.Contains(operation.GetProperty("parameters").EnumerateArray(), static parameter => parameter.GetProperty("name").GetString() == "Idempotency-Key");
            }
        }
    }

    [Fact]
    public async Task Document_References_AllResolve()
    {
        var document = await DocumentAsync();
        foreach (var reference in References(document).Distinct())
        {
            var target = document;
            foreach (var step in reference.Split('/').Skip(1))
            {
                Assert.True(target.TryGetProperty(step, out target), reference);
            }
        }
    }

    [Fact]
    public async Task Document_Envelope_DescribesWhatHistoryHolds()
    {
        var room = Names.Next();
        await Server.PostAsync($"/api/v1/rooms/{room}/messages", """{"type":"chat"}""");
        var message = (await Server.GetAsync($"/api/v1/rooms/{room}/messages")).Json.GetProperty("items")[0];
        var schema = (await DocumentAsync()).GetProperty("components").GetProperty("schemas").GetProperty("Envelope");

        Assert.Equal(
            message.EnumerateObject().Select(static field => field.Name).Order(),
            schema.GetProperty("properties").EnumerateObject().Select(static field => field.Name).Order());
    }

    [Theory]
    [InlineData("PublishRequest", "/api/v1/rooms/lobby/messages", 201)]
    [InlineData("SendRequest", "/api/v1/users/ada/messages", 201)]
    [InlineData("BatchRequest", "/api/v1/publish", 200)]
    [InlineData("CreateRoomRequest", "/api/v1/rooms", 201)]
    public async Task Document_Example_IsTaken(string schema, string path, int expected)
    {
        await using var server = await RunningServer.StartAsync();
        var example = (await DocumentAsync()).GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("examples")[0];

        var answer = await server.PostAsync(path, example.GetRawText());

        Assert.True(answer.Status == expected, answer.Text);
        Assert.DoesNotContain("\"error\"", answer.Text, StringComparison.Ordinal);
    }

    private static bool IsSiteFile(string path) => path.TrimEnd('/') is "" or "/docs" or "/_console" || Path.HasExtension(path) && !path.StartsWith("/api/", StringComparison.Ordinal);

    private static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject().SelectMany(static path => path.Value.EnumerateObject().Select(method => (path.Name, method.Name, method.Value)));

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static property =>
            property.NameEquals("$ref") ? [property.Value.GetString()!] : References(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private async Task<JsonElement> DocumentAsync() => (await Server.GetAsync("/openapi/v1.json")).AssertStatus(200);
}
