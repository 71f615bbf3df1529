using System.Globalization;
using System.Text.Json.Nodes;
using Causeway.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace Causeway.Server;

/// <summary>The refusals as the document has them: one for each status, with the codes that go with it, an example and its headers.</summary>
internal static class RefusalDetails
{
    private const string Problem = "application/problem+json";

    // What a refusal says besides; where a status is missing here, its details are empty.
    private static readonly Dictionary<int, (string Message, string Details)> Examples = new()
    {
        [400] = ("The body is not JSON.", """{"line":1,"byte":14}"""),
        [401] = ("The credential is not valid or has expired.", "{}"),
        [403] = ("The credential does not allow this.", "{}"),
        [404] = ("Nothing is at this path.", "{}"),
        [408] = ("Nothing came for 30 s.", "{}"),
        [409] = ("The state of the thing does not allow this.", "{}"),
        [412] = ("It is not as the request expects it; read it again.", """{"etag":"\"8\""}"""),
        [413] = ("The body is too big.", """{"limit_bytes":1048576}"""),
        [416] = ("No range of the request lies in the content.", """{"length":1048576}"""),
        [415] = ("Send the body as application/json.", "{}"),
        [422] = ("Some fields are not valid.", """{"fields":{"room_id":"Must be 1 to 128 of A-Z a-z 0-9 _ . : -"}}"""),
        [428] = ("Say in If-Match which version is meant: the ETag it was read with.", """{"etag":"\"8\""}"""),
        [429] = ("Too many requests.", """{"retry_after_ms":2000}"""),
        [503] = ("The server can't answer at the moment.", """{"retry_after_ms":2000}"""),
        [507] = ("There is no room for files at the moment.", "{}"),
    };

    private static readonly Dictionary<int, (string Name, string Description)> Headers = new()
    {
        [401] = ("WWW-Authenticate", "How to send a credential: Bearer."),
        [429] = ("Retry-After", "Seconds to wait."),
        [503] = ("Retry-After", "Seconds to wait."),
    };

    /// <summary>Under which name the document has the refusal of a status.</summary>
    public static string NameOf(int status) => "Refusal" + status.ToString(CultureInfo.InvariantCulture);

    /// <summary>The codes that go with a status, those of the same meaning first.</summary>
    public static IEnumerable<string> CodesOf(int status) => status switch
    {
        // Statuses that say more than their code does.
        408 => [ErrorCode.Timeout.Name],
        416 => [ErrorCode.ValidationError.Name],
        507 => [ErrorCode.Unavailable.Name],
        _ => ErrorCode.All.Where(code => code.Status == status).Select(static code => code.Name),
    };

    public static OpenApiResponse Describe(int status, IOpenApiSchema error, IOpenApiSchema problem)
    {
        var codes = CodesOf(status).ToList();
        var (message, details) = Examples.GetValueOrDefault(status, (ReasonPhrases.GetReasonPhrase(status) + ".", "{}"));
        var code = status == 428 ? ErrorCode.PreconditionFailed.Name : codes.Count > 0 ? status == 403 ? ErrorCode.Forbidden.Name : status == 404 ? ErrorCode.NotFound.Name : status == 409 ? ErrorCode.Conflict.Name : codes[0] : "INVALID_MESSAGE";
        var told = new JsonObject
        {
            ["code"] = code,
            ["message"] = message,
            ["details"] = JsonNode.Parse(details),
            ["request_id"] = "0199f3a0c1d27e5b",
        };
        var response = new OpenApiResponse
        {
            Description = ReasonPhrases.GetReasonPhrase(status) + (codes.Count > 0 ? $": {string.Join(", ", codes.Select(static name => $"`{name}`"))}." : "."),
            Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
            {
                ["application/json"] = new OpenApiMediaType { Schema = error, Example = new JsonObject { ["error"] = told } },
                [Problem] = new OpenApiMediaType { Schema = problem },
            },
        };
        if (Headers.TryGetValue(status, out var header))
        {
            response.Headers = new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal) { [header.Name] = ResponseHeaders.Text(header.Description) };
        }

        return response;
    }
}
