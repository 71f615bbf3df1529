using System.Text;
using System.Text.Json.Nodes;
using Causeway.Http;
using Causeway.Testing;

namespace Causeway.Server.Tests.Contract;

/// <summary>F2, F3, F6: the OpenAPI document is true. Every operation it has is called, with what it says is good and with what it says is bad, and held to what it says of the answers.</summary>
public sealed class ContractTests(ContractServer contract) : IClassFixture<ContractServer>
{
    private const int Seed = 20261126;
    private const int GoodTries = 5;

    private static readonly string[] Methods = ["DELETE", "GET", "PATCH", "POST", "PUT"];

    // What can't be made good from the document alone, and why.
    private static readonly Dictionary<string, string> NeverGood = new(StringComparer.Ordinal)
    {
        ["register"] = "is closed where the service is exposed",
        ["logIn"] = "needs a password that fits",
        ["refreshSession"] = "needs a session",
        ["logOut"] = "needs a session",
        ["logOutEverywhere"] = "needs a session",
        ["updateMe"] = "needs a session",
        ["changePassword"] = "needs a session",
        ["sendVerification"] = "needs a session",
        ["listSessions"] = "needs a session",
        ["endSession"] = "needs a session",
        ["resetPassword"] = "needs a link of a mail",
        ["verifyEmail"] = "needs a link of a mail",
        ["replayJob"] = "needs a job that is over",
        ["importUsers"] = "needs a file",
        ["importRooms"] = "needs a file",
        ["createUser"] = "needs an address that no account has",
    };

    private readonly SchemaSamples _samples = new(contract.Document.Schemas, new Random(Seed));
    private readonly List<string> _failures = [];

    private ApiDocument Document => contract.Document;

    private string AdminToken => contract.Server.AdminToken;

    [Fact]
    public async Task GoodInput_EveryOperation_AnswersAsDeclared()
    {
        var random = new Random(Seed);
        foreach (var operation in Document.Operations)
        {
            var statuses = new List<int>();
            for (var i = 0; i < GoodTries; i++)
            {
                // What a change takes from a thing must not be what another operation asks for.
                var path = await contract.Things.FillAsync(operation.Path, fresh: operation.Method == HttpMethod.Delete || operation.Method == HttpMethod.Patch);
                var (query, headers) = Parameters(operation, random, optional: i > 0);
                var body = await ExistingAsync(Body(operation, useExample: i == 0));
                var answer = await contract.SendAsync(operation.Method, path + query, body, TokenOf(operation), headers);
                statuses.Add(answer.Status);
                Hold(operation, answer, $"good input {i}, {path}{query}");
                _failures.AddRange(Missed(body, answer).Select(field => $"{operation} asks for {field}, which its schema does not require: {answer.Text}"));
            }

            if (!statuses.Exists(static status => status is >= 200 and < 300) && !NeverGood.ContainsKey(operation.Id))
            {
                _failures.Add($"{operation} never succeeded: {string.Join(", ", statuses)}");
            }
        }

        End();
    }

    [Fact]
    public async Task Body_NotAsTheSchemaSays_RefusedByField()
    {
        foreach (var operation in Document.Operations.Where(static one => one.JsonBody is not null))
        {
            var path = await contract.Things.FillAsync(operation.Path, fresh: false);
            var schema = operation.JsonBody!.Value;
            var good = (JsonObject)_samples.Good(schema, useExample: true)!;
            foreach (var (what, field, bad) in _samples.Bad(schema, good))
            {
                var answer = await SendAsync(operation, path, ApiContent.Json(bad.ToJsonString()), what);
                if (answer.Status != 422 || !answer.Json.GetProperty("error").GetProperty("details").GetProperty("fields").EnumerateObject().Any(known => known.Name.Split('[', '.')[0] == field))
                {
                    _failures.Add($"{operation} with {what} should be 422 naming {field}: {answer.Status} {answer.Text}");
                }
            }

            foreach (var text in (string[])["[]", "null", "7", "\"text\""])
            {
                Expect(operation, await SendAsync(operation, path, ApiContent.Json(text), text), text, 422);
            }
        }

        End();
    }

    [Fact]
    public async Task Body_Unreadable_RefusedByWhatIsWrong()
    {
        foreach (var operation in Document.Operations.Where(static one => one.JsonBody is not null))
        {
            var path = await contract.Things.FillAsync(operation.Path, fresh: false);
            var good = _samples.Good(operation.JsonBody!.Value, useExample: true)!.ToJsonString();
            foreach (var text in (string[])["{", "{\"a\":}", "not json", good + "}", good.Insert(1, "\"\ud800\":1,")])
            {
                Expect(operation, await SendAsync(operation, path, ApiContent.Json(text), text), text, 400, 422);
            }

            Expect(operation, await SendAsync(operation, path, ApiContent.Json("{"), "{"), "{", 400);
            Expect(operation, await SendAsync(operation, path, new ApiContent([.. "{\"a\":\"\xff"u8, 0xff, .. "\"}"u8], "application/json"), "no UTF-8"), "no UTF-8", 400, 422);
            if (operation.BodyIsRequired)
            {
                Expect(operation, await SendAsync(operation, path, new ApiContent([], "application/json"), "an empty body"), "an empty body", 400);
                Expect(operation, await SendAsync(operation, path, null, "no body"), "no body", 400, 415);
            }

            foreach (var type in (string?[])["text/plain", "application/x-www-form-urlencoded", "nonsense"])
            {
                Expect(operation, await SendAsync(operation, path, new ApiContent(Encoding.UTF8.GetBytes(good), type), type!), type!, 415);
            }
        }

        End();
    }

    [Fact]
    public async Task Body_TooLarge_RefusedBeforeItIsSent()
    {
        foreach (var operation in Document.Operations.Where(static one => one.Bodies.Count > 0))
        {
            // Only the head is sent: the length alone must do.
            var path = await contract.Things.FillAsync(operation.Path, fresh: false);
            var answer = await HttpAnswer.SendAsync(contract.Server.Address, $"""
                {operation.Method} {path} HTTP/1.1
                Host: {contract.Server.Address.Authority}
                Authorization: Bearer {AdminToken}
                Content-Type: {operation.Bodies.Keys.First()}
                Content-Length: 1000000000000
                Connection: close


                """.ReplaceLineEndings("\r\n"));
            Hold(operation, answer, "a body of 1 TB");
            Expect(operation, answer, "a body of 1 TB", 413);
        }

        End();
    }

    [Fact]
    public async Task Parameter_NotAsTheSchemaSays_Refused()
    {
        foreach (var operation in Document.Operations)
        {
            foreach (var parameter in operation.Parameters)
            {
                foreach (var text in _samples.BadTexts(parameter.Schema))
                {
                    var path = await contract.Things.FillAsync(
                        operation.Path, fresh: operation.Method == HttpMethod.Delete, parameter.Place == "path" ? (parameter.Name, Uri.EscapeDataString(text)) : null);
                    path += parameter.Place == "query" ? $"?{parameter.Name}={Uri.EscapeDataString(text)}" : "";
                    if (parameter.Place == "path" && text.Length == 0 || parameter.Place == "header" && text.Any(char.IsControl))
                    {
                        continue;
                    }

                    var headers = parameter.Place == "header" ? [(parameter.Name, text)] : Array.Empty<(string, string)>();
                    var answer = await contract.SendAsync(operation.Method, path, Body(operation, useExample: true), TokenOf(operation), headers);
                    Hold(operation, answer, $"{parameter.Name}={text}");
                    Expect(operation, answer, $"{parameter.Name}={text}", parameter.Place == "path" ? [404, 422] : [422]);
                }
            }
        }

        End();
    }

    [Fact]
    public async Task Thing_ThatIsNotThere_RefusedAsDeclared()
    {
        foreach (var operation in Document.Operations)
        {
            foreach (var parameter in operation.Parameters.Where(static parameter => parameter.Place == "path"))
            {
                var path = await contract.Things.FillAsync(operation.Path, fresh: false, (parameter.Name, Uri.EscapeDataString(_samples.Good(parameter.Schema)!.ToString())));
                var answer = await contract.SendAsync(operation.Method, path, Body(operation, useExample: true), TokenOf(operation));
                Hold(operation, answer, $"{parameter.Name} of nothing");

                // What is made by naming it is there at once; everything else is not.
                if (answer.Status != 404 && operation.Method != HttpMethod.Post && operation.Method != HttpMethod.Put)
                {
                    _failures.Add($"{operation} with {parameter.Name} of nothing should be 404: {answer.Status} {answer.Text}");
                }
            }
        }

        End();
    }

    [Fact]
    public async Task Parameter_Hostile_NeverFailsTheServer()
    {
        string[] hostile = ["..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", "%0d%0aX-Evil:%201", "'%20OR%20'1'='1", "%F0%9F%98%80", "%ff%fe", "%3Cscript%3E", new string('a', 3_000), "{}", "*", "null"];
        foreach (var operation in Document.Operations)
        {
            var places = operation.Parameters.Where(static parameter => parameter.Place is "path" or "query").ToList();
            foreach (var (parameter, text) in places.SelectMany(parameter => hostile.Select(text => (parameter, text))))
            {
                var path = await contract.Things.FillAsync(operation.Path, fresh: operation.Method == HttpMethod.Delete, parameter.Place == "path" ? (parameter.Name, text) : null);
                path += parameter.Place == "query" ? $"?{parameter.Name}={text}" : "";
                var answer = await contract.SendAsync(operation.Method, path, Body(operation, useExample: true), TokenOf(operation));

                // A path with a null in it is refused by the web server itself, before the program sees it.
                var isForeign = text == "%00" && answer is { Status: 400, Body: [] };
                if (answer.Status >= 500 || answer.Header("X-Evil") is not null || answer.Status >= 400 && answer.ErrorCode is null && !isForeign)
                {
                    _failures.Add($"{operation} with {parameter.Name}={text}: {answer.Status} {answer.Text}");
                }
            }

            // Two dots in a path are taken away with what stands before them, so what was deleted may be what the thing was in.
            if (operation.Method == HttpMethod.Delete)
            {
                contract.Things.Forget();
            }
        }

        // A job may die of what it is asked for: the file that an import is given is no list. And where all this takes long, the backend that never listens has had its time.
        contract.Server.Logs.AssertQuiet(except: ["JobDied", "BackendNotReady"]);
        End();
    }

    [Fact]
    public async Task Credential_NoneOrInvalid_Unauthorized()
    {
        var elsewhere = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImdlbmVyYXRlZCJ9.eyJzdWIiOiJhZGEiLCJleHAiOjk5OTk5OTk5OTl9.c2lnbmVkLWJ5LXNvbWVib2R5LWVsc2U";
        foreach (var operation in Document.Operations)
        {
            var path = await contract.Things.FillAsync(operation.Path, fresh: false);
            foreach (var (what, authorization) in ((string, string?)[])[("none", null), ("nonsense", "Bearer nonsense"), ("another's", "Bearer " + elsewhere), ("Basic", "Basic YWRtaW46YWRtaW4="), ("nothing", "Bearer ")])
            {
                var (query, headers) = Parameters(operation, new Random(Seed), optional: false);
                if (authorization is not null)
                {
                    headers = [.. headers, ("Authorization", authorization)];
                }

                var answer = await contract.SendAsync(operation.Method, path + query, Body(operation, useExample: true), token: null, headers);
                if (operation.Security.Count > 0)
                {
                    Hold(operation, answer, $"{what} credential");
                    Expect(operation, answer, $"{what} credential", 401);
                }
                else if (authorization is null)
                {
                    Hold(operation, answer, "no credential");
                }
            }
        }

        End();
    }

    [Fact]
    public async Task Credential_WithoutThePermission_Forbidden()
    {
        var without = contract.Server.TokenFor("nobody");
        foreach (var operation in Document.Operations.Where(static one => one.Security.Count > 0))
        {
            var path = await contract.Things.FillAsync(operation.Path, fresh: operation.Method == HttpMethod.Delete);
            var (query, headers) = Parameters(operation, new Random(Seed), optional: false);
            if (operation.Needed is not { } needed)
            {
                var any = await contract.SendAsync(operation.Method, path + query, Body(operation, useExample: true), without, headers);
                if (any.Status == 401)
                {
                    _failures.Add($"{operation} does not take a valid credential: {any.Text}");
                }

                continue;
            }

            var refused = await contract.SendAsync(operation.Method, path + query, Body(operation, useExample: true), without, headers);
            Hold(operation, refused, "a credential without permissions");
            Expect(operation, refused, "a credential without permissions", 403);

            var near = contract.Server.TokenFor("nearly", null, needed.Split(':')[0] + ":", needed + "x", needed[..^1]);
            Expect(operation, await contract.SendAsync(operation.Method, path + query, Body(operation, useExample: true), near, headers), "permissions with similar names", 403);

            var permission = operation.Parameters.Where(static parameter => parameter.Place == "path")
                .Aggregate(needed, (name, parameter) => name.Replace($"{{{parameter.Name}}}", "*", StringComparison.Ordinal));
            var allowed = await contract.SendAsync(operation.Method, path + query, Body(operation, useExample: true), contract.Server.TokenFor("somebody", null, permission), headers);
            Hold(operation, allowed, $"the permission {permission}");
            if (allowed.Status is 401 or 403 && !SaysWhyBesides(allowed))
            {
                _failures.Add($"{operation} with the permission {permission}: {allowed.Status} {allowed.Text}");
            }
        }

        End();
    }

    /// <summary>Whether a refusal has another reason than the permission: nobody gives what they may not do, and some things are for accounts alone.</summary>
    private static bool SaysWhyBesides(HttpAnswer answer) => answer.Json.GetProperty("error").GetProperty("details").TryGetProperty("reason", out _);

    [Fact]
    public async Task Method_NotDeclared_NotAllowedAndTheOthersNamed()
    {
        foreach (var template in Document.Operations.Select(static one => one.Path).Distinct())
        {
            var path = await contract.Things.FillAsync(template, fresh: false);
            var declared = Document.MethodsAt(path);
            foreach (var method in Methods.Except(declared))
            {
                var answer = await contract.SendAsync(new HttpMethod(method), path, method == "GET" ? null : ApiContent.Json("{}"), AdminToken);
                var allowed = (answer.Header("Allow") ?? "").Split(", ").Where(static one => one is not ("HEAD" or "OPTIONS")).Order(StringComparer.Ordinal);
                if (answer.Status != 405 || answer.ErrorCode != "METHOD_NOT_ALLOWED" || !allowed.SequenceEqual(declared))
                {
                    _failures.Add($"{method} {template} should be 405 with Allow: {string.Join(", ", declared)}: {answer.Status}, Allow: {string.Join(", ", allowed)}");
                }
            }
        }

        End();
    }

    [Fact]
    public async Task Thing_Deleted_IsGoneForEveryOperation()
    {
        foreach (var delete in Document.Operations.Where(static one => one.Method == HttpMethod.Delete && one.Path.EndsWith('}') && !NeverGood.ContainsKey(one.Id)))
        {
            var path = await contract.Things.FillAsync(delete.Path, fresh: true);
            var (query, headers) = Parameters(delete, new Random(Seed), optional: false);
            var first = await contract.SendAsync(HttpMethod.Delete, path + query, Body(delete, useExample: true), TokenOf(delete), headers);
            if (first.Status is not (200 or 202 or 204))
            {
                _failures.Add($"{delete} of a thing that was just made: {first.Status} {first.Text}");
                continue;
            }

            // A POST may make the thing anew: a room comes to be with its first message.
            foreach (var operation in Document.Operations.Where(one => one.Method != HttpMethod.Put && one.Method != HttpMethod.Post && (one.Path == delete.Path || one.Path.StartsWith(delete.Path + "/", StringComparison.Ordinal)) && !NeedsMore(one, delete)))
            {
                // A live connection is told to close and goes a moment later.
                HttpAnswer? answer = null;
                await Eventually.Equal(404, async () => (answer = await contract.SendAsync(
                    operation.Method, path + operation.Path[delete.Path.Length..], Body(operation, useExample: true), TokenOf(operation))).Status, what: $"{operation} after {delete}");
                Hold(operation, answer!, "what is deleted");
            }
        }

        End();
    }

    [Fact]
    public async Task Link_FromWhatWasCreated_LeadsToIt()
    {
        var followed = 0;
        foreach (var create in Document.Operations.Where(static one => one.Method == HttpMethod.Post && one.JsonBody is not null && one.Links(201).Any()))
        {
            foreach (var (name, link) in create.Links(201))
            {
                var target = Document.Find(link.GetProperty("operationId").GetString()!);
                var (parameter, expression) = link.GetProperty("parameters").EnumerateObject().Select(static one => (one.Name, one.Value.GetString()!)).Single();
                var path = await contract.Things.FillAsync(create.Path, fresh: false);
                var created = (await contract.Things.CreateAsync(create, path, parameter)).AssertStatus(201);
                var value = created.GetProperty(expression["$response.body#/".Length..]).GetString()!;
                var answer = await contract.SendAsync(target.Method, await contract.Things.FillAsync(target.Path, fresh: false, (parameter, Uri.EscapeDataString(value))), Body(target, useExample: true), TokenOf(target));
                Hold(target, answer, $"the link {name} of {create}");
                Expect(target, answer, $"the link {name} of {create}", 200, 202, 204);
                followed++;
            }
        }

        Assert.NotEqual(0, followed);
        End();
    }

    [Fact]
    public async Task Error_ProblemAsked_HasTheDeclaredForm()
    {
        var operation = Document.Find("createRoom");
        var answer = await contract.SendAsync(operation.Method, operation.Path, ApiContent.Json("{}"), AdminToken, ("Accept", "application/problem+json"));

        Assert.Equal("application/problem+json", answer.Header("Content-Type"));
        var schema = operation.Response(422)!.Value.GetProperty("content").GetProperty("application/problem+json").GetProperty("schema");
        Assert.Empty(Document.Schemas.Check(schema, answer.Json));
    }

    [Fact]
    public void Refusals_Codes_AreThoseOfTheirStatus()
    {
        foreach (var response in Document.Root.GetProperty("components").GetProperty("responses").EnumerateObject())
        {
            var status = int.Parse(response.Name["Refusal".Length..], System.Globalization.CultureInfo.InvariantCulture);
            var example = response.Value.GetProperty("content").GetProperty("application/json").GetProperty("example");
            var code = example.GetProperty("error").GetProperty("code").GetString();

            Assert.Empty(Document.Schemas.Check(response.Value.GetProperty("content").GetProperty("application/json").GetProperty("schema"), example));
            // A condition that is missing is refused with the code of one that does not hold, under a status of its own.
            Assert.Contains(ErrorCode.All, known => known.Name == code && (known.Status == status || status is 408 or 416 or 507 || status == 428 && known == ErrorCode.PreconditionFailed));
            Assert.All(ErrorCode.All.Where(known => known.Status == status), known => Assert.Contains(
                $"`{known.Name}`", response.Value.GetProperty("description").GetString(), StringComparison.Ordinal));
        }
    }

    /// <summary>Whether an operation below a thing needs another one, whose collection is gone with it.</summary>
    private static bool NeedsMore(ApiOperation operation, ApiOperation delete) => operation.Path[delete.Path.Length..].Contains('{', StringComparison.Ordinal);

    /// <summary>The fields that a request was refused for and that it did not have, though it was made as the schema says.</summary>
    private static IEnumerable<string> Missed(ApiContent? body, HttpAnswer answer)
    {
        if (answer.Status != 422 || body is null || !answer.Json.GetProperty("error").GetProperty("details").TryGetProperty("fields", out var fields))
        {
            return [];
        }

        var sent = JsonNode.Parse(body.Bytes)!.AsObject();
        return fields.EnumerateObject().Select(static field => field.Name).Where(field => !field.Contains('[', StringComparison.Ordinal) && !sent.ContainsKey(field.Split('.')[0]));
    }

    private string? TokenOf(ApiOperation operation) => operation.Security.Count == 0 ? null : AdminToken;

    private ApiContent? Body(ApiOperation operation, bool useExample)
    {
        if (operation.JsonBody is not { } schema)
        {
            return null;
        }

        return ApiContent.Json(_samples.Good(schema, useExample)!.ToJsonString());
    }

    private (string Query, (string Name, string Value)[] Headers) Parameters(ApiOperation operation, Random random, bool optional)
    {
        var query = new List<string>();
        var headers = new List<(string, string)>();

        // A cursor is only ever one that a page gave.
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.Name != "cursor" && (parameter.IsRequired || optional && random.Next(2) == 0)))
        {
            var value = _samples.Good(parameter.Schema)!.ToString();
            if (parameter.Place == "query")
            {
                query.Add($"{parameter.Name}={Uri.EscapeDataString(value)}");
            }
            else if (parameter.Place == "header")
            {
                headers.Add((parameter.Name, value));
            }
        }

        return (query.Count == 0 ? "" : "?" + string.Join('&', query), [.. headers]);
    }

    /// <summary>The body, with what it names being there.</summary>
    private async Task<ApiContent?> ExistingAsync(ApiContent? content)
    {
        if (content is not { Type: "application/json" } || JsonNode.Parse(content.Bytes) is not JsonObject body)
        {
            return content;
        }

        await contract.Things.NameFileAsync(body);
        return ApiContent.Json(body.ToJsonString());
    }

    private async Task<HttpAnswer> SendAsync(ApiOperation operation, string path, ApiContent? content, string what)
    {
        var answer = await contract.SendAsync(operation.Method, path, content, AdminToken);
        Hold(operation, answer, what);
        return answer;
    }

    private void Hold(ApiOperation operation, HttpAnswer answer, string what) =>
        _failures.AddRange(contract.Check(operation, answer).Select(error => $"{operation} with {what}: {error}"));

    private void Expect(ApiOperation operation, HttpAnswer answer, string what, params int[] statuses)
    {
        if (!statuses.Contains(answer.Status))
        {
            _failures.Add($"{operation} with {what} should be {string.Join(" or ", statuses)}: {answer.Status} {answer.Text}");
        }
    }

    private void End() => Assert.True(_failures.Count == 0, $"{_failures.Count} differences:\n{string.Join('\n', _failures.Distinct().Take(60))}");
}
