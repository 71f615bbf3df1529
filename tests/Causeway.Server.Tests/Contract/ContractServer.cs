using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Causeway.Http;
using Causeway.Jobs;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Contract;

/// <summary>A server that asks everybody for a credential, its document, and requests whose answers are held against it.</summary>
public sealed class ContractServer : IAsyncLifetime
{
    // What a client goes by, and must therefore be told of.
    private static readonly string[] TellingHeaders =
    [
        "Location", "ETag", "Retry-After", "Allow", "Link", "Deprecation", "Sunset", "RateLimit", "RateLimit-Policy", "WWW-Authenticate", "Set-Cookie",
        "Content-Disposition", "Content-Range", "Accept-Ranges", "Last-Modified", "Idempotency-Replayed", "X-Request-Id",
    ];

    private RunningServer? _server;
    private ApiDocument? _document;

    internal RunningServer Server => _server!;

    internal ApiDocument Document => _document!;

    internal ApiThings Things { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RunningServer.StartAsync("""
            {
              "Auth": { "Mode": "required" },
              "Realtime": { "Namespaces": { "default": { "Join": "permission", "Publish": "server" } } },
              "RateLimits": {
                "Default": { "Permits": 1000000 }, "Auth": { "Permits": 1000000 }, "AuthAccount": { "Permits": 1000000 },
                "Publish": { "Permits": 1000000 }, "Upload": { "Permits": 1000000 }
              },
              "Webhooks": { "MaxAttempts": 1 },
              "Streams": { "Sources": { "build": { "Path": "build.jsonl" } } },
              "Relay": { "Backends": { "worker": { "Urls": ["http://127.0.0.1:9"], "Process": { "Command": ["sleep", "60"] } } } }
            }
            """,
            static builder =>
            {
                builder.Services.AddJob<ContractJob, ContractJobHandler>("contract");
                builder.Services.AddJobSchedule("contract", "0 0 1 1 *", static _ => new ContractJob());
            });
        await File.WriteAllTextAsync(Path.Combine(_server.Directory, "build.jsonl"), "{\"step\":1}\n");
        _document = await ApiDocument.ReadAsync(AdminClient());
        Things = new ApiThings(this);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await Things.DisposeAsync();
            await _server.DisposeAsync();
        }
    }

    /// <summary>Sends a request and gives its answer; the body of an event stream is not waited for.</summary>
    internal async Task<HttpAnswer> SendAsync(HttpMethod method, string path, ApiContent? content, string? token, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = content?.ToContent();
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var sent = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(static header => header.Key, static header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        var isEndless = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        return new HttpAnswer((int)response.StatusCode, sent, isEndless ? [] : await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>What an answer has that its operation does not declare, and what it lacks.</summary>
    internal IEnumerable<string> Check(ApiOperation operation, HttpAnswer answer)
    {
        if (answer.Status >= 500)
        {
            yield return $"failed with {answer.Status}";
        }

        if (operation.Response(answer.Status) is not { } declared)
        {
            yield return $"answered {answer.Status}, which is not declared: {answer.Text}";
            yield break;
        }

        var content = declared.TryGetProperty("content", out var contents) ? contents : default;
        var mediaType = answer.Header("Content-Type")?.Split(';')[0];
        if (content.ValueKind is not JsonValueKind.Object)
        {
            if (answer.Body.Length > 0)
            {
                yield return $"has a body with {answer.Status}, where none is declared";
            }
        }
        else if (mediaType is null || !content.TryGetProperty(mediaType, out var media) && !content.TryGetProperty("*/*", out media))
        {
            yield return $"has the type {mediaType ?? "none"} with {answer.Status}, which is not declared";
        }
        else if (media.TryGetProperty("schema", out var schema) && mediaType.EndsWith("json", StringComparison.Ordinal) && mediaType != "application/x-ndjson")
        {
            foreach (var error in Document.Schemas.Check(schema, answer.Json))
            {
                yield return $"{answer.Status}: {error}";
            }
        }

        foreach (var error in CheckHeaders(declared, answer))
        {
            yield return $"{answer.Status}: {error}";
        }

        if (answer.Status >= 400 && answer.ErrorCode is { } code)
        {
            if (!ErrorCode.All.Any(known => known.Name == code))
            {
                yield return $"{answer.Status} has the unknown code {code}";
            }

            if (answer.Text.Contains("Exception", StringComparison.Ordinal) || answer.Text.Contains("   at ", StringComparison.Ordinal))
            {
                yield return $"{answer.Status} tells of the program's inside: {answer.Text}";
            }

            if (answer.Json.GetProperty("error").GetProperty("request_id").GetString() != answer.Header("X-Request-Id"))
            {
                yield return $"{answer.Status} has another request id in its body than in its header";
            }
        }
    }

    internal HttpClient AdminClient()
    {
        Server.Client.DefaultRequestHeaders.Authorization = null;
        return Server.Client;
    }

    private IEnumerable<string> CheckHeaders(JsonElement declared, HttpAnswer answer)
    {
        var headers = declared.TryGetProperty("headers", out var known)
            ? known.EnumerateObject().ToDictionary(static header => header.Name, header => Document.Schemas.Resolve(header.Value), StringComparer.OrdinalIgnoreCase)
            : [];
        foreach (var (name, header) in headers)
        {
            if (header.TryGetProperty("required", out var required) && required.GetBoolean() && answer.Header(name) is null)
            {
                yield return $"is without the declared header {name}";
            }
        }

        foreach (var name in TellingHeaders.Where(name => answer.Header(name) is not null && !headers.ContainsKey(name)))
        {
            yield return $"has the header {name}, which is not declared";
        }
    }
}

/// <summary>A request's body.</summary>
/// <param name="Bytes">The body.</param>
/// <param name="Type">Its media type, with parameters; null for none.</param>
internal sealed record ApiContent(byte[] Bytes, string? Type)
{
    public static ApiContent Json(string text) => new(Encoding.UTF8.GetBytes(text), "application/json");

    public HttpContent ToContent()
    {
        var content = new ByteArrayContent(Bytes);
        content.Headers.Remove("Content-Type");
        if (Type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", Type);
        }

        return content;
    }
}

/// <summary>A job that there is to be shown.</summary>
internal sealed record ContractJob;

internal sealed class ContractJobHandler : IJobHandler<ContractJob>
{
    public Task<JobOutcome> RunAsync(ContractJob args, JobContext context, CancellationToken cancellationToken) => Task.FromResult(JobOutcome.Done);
}
