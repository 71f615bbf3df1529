using System.Text.Json.Nodes;
using Causeway.Jobs;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Contract;

/// <summary>
/// Gives path parameters values that name something: what an operation of the document creates is created by it; what none creates stands in a table,
/// by the path of its collection. An operation that is added later finds its things by itself if it creates them in this form.
/// </summary>
internal sealed class ApiThings(ContractServer contract) : IAsyncDisposable
{
    private const string LiveRoom = "contract-live";
    private const string LiveUser = "contract-user";

    private readonly Dictionary<string, string> _kept = new(StringComparer.Ordinal);
    private readonly SchemaSamples _samples = new(contract.Document.Schemas, new Random(20260131));
    private readonly List<LiveClient> _clients = [];
    private int _last;

    /// <summary>The path with values in the place of its parameters.</summary>
    /// <param name="path">With its parameters in braces.</param>
    /// <param name="fresh">Whether the last thing must be one that nobody else uses.</param>
    /// <param name="given">A parameter with a value as it is to stand in the path; what comes after it in the path names nothing then.</param>
    public async Task<string> FillAsync(string path, bool fresh, (string Name, string Value)? given = null)
    {
        var hasGiven = false;
        var segments = path.Split('/');
        var template = "";
        var filled = "";
        for (var i = 1; i < segments.Length; i++)
        {
            var isLast = !segments.Skip(i + 1).Any(static segment => segment.StartsWith('{'));
            var value = segments[i];
            if (given is { } known && value == $"{{{known.Name}}}")
            {
                (value, hasGiven) = (known.Value, true);
            }
            else if (value.StartsWith('{'))
            {
                value = hasGiven ? "nobody" : await NameAsync(template, filled, value, fresh && isLast);
            }

            template += "/" + segments[i];
            filled += "/" + value;
        }

        return filled;
    }

    /// <summary>Creates a thing: the operation's example with a name of its own, so that no two things are the same.</summary>
    /// <param name="create">The operation, which takes JSON.</param>
    /// <param name="filled">Its path with values in the place of its parameters.</param>
    /// <param name="parameter">The parameter that names the thing later.</param>
    public async Task<HttpAnswer> CreateAsync(ApiOperation create, string filled, string parameter)
    {
        var body = (JsonObject)_samples.Good(create.JsonBody!.Value, useExample: true)!;
        MakeUnique(body, parameter);
        await NameFileAsync(body);
        return await contract.SendAsync(create.Method, filled, ApiContent.Json(body.ToJsonString()), contract.Server.AdminToken);
    }

    /// <summary>A body that names a file names one that is there.</summary>
    public async Task NameFileAsync(JsonObject body)
    {
        if (body.ContainsKey("file_id"))
        {
            body["file_id"] = await UploadAsync();
        }
    }

    /// <summary>Makes all things anew from here on: what there was may have gone.</summary>
    public void Forget() => _kept.Clear();

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }
    }

    private async Task<string> NameAsync(string collection, string filled, string parameter, bool fresh)
    {
        var key = $"{filled}/{parameter}";

        // What can be done with a job is up to the state that the operation before it left it in.
        fresh |= collection is "/api/v1/jobs" or "/api/v1/webhooks/{webhook_id}/deliveries";
        if (!fresh && _kept.TryGetValue(key, out var kept))
        {
            return kept;
        }

        var name = Uri.EscapeDataString(await CreateAsync(collection, filled, parameter.Trim('{', '}')) ?? await TakeAsync(collection, filled));
        if (!fresh)
        {
            _kept[key] = name;
        }

        return name;
    }

    /// <summary>Creates a thing by the document's own operation; null where it has none.</summary>
    private async Task<string?> CreateAsync(string collection, string filled, string parameter)
    {
        if (contract.Document.Find(HttpMethod.Post, collection) is { JsonBody: not null } create && create.Response(201) is not null)
        {
            var created = (await CreateAsync(create, filled, parameter)).AssertStatus(201);
            return (created.TryGetProperty(parameter, out var id) ? id : created.GetProperty("id")).GetString();
        }

        if (contract.Document.Find(HttpMethod.Put, $"{collection}/{{{parameter}}}") is { JsonBody: { } described } put)
        {
            var name = $"contract-{++_last}";
            var body = _samples.Good(described, useExample: true)!;
            var answer = await contract.SendAsync(put.Method, $"{filled}/{name}", ApiContent.Json(body.ToJsonString()), contract.Server.AdminToken);
            Assert.True(answer.Status is 200 or 201 or 204, $"{put}: {answer.Status} {answer.Text}");
            return name;
        }

        return null;
    }

    private void MakeUnique(JsonObject body, string parameter)
    {
        _last++;
        foreach (var (name, value) in body.ToList())
        {
            if (value is JsonValue text && text.TryGetValue<string>(out var given) && (name == parameter || name is "name" or "email"))
            {
                body[name] = given.Contains('@', StringComparison.Ordinal) ? $"contract-{_last}-{given}" : $"{given}-{_last}";
            }
        }
    }

    /// <summary>What no operation creates.</summary>
    private async Task<string> TakeAsync(string collection, string filled) => collection switch
    {
        "/api/v1/auth/sessions" => Guid.NewGuid().ToString(),
        "/api/v1/jobs" => (await contract.Server.App.Services.GetRequiredService<JobClient>().EnqueueAsync(new ContractJob(), new EnqueueOptions { DueAt = DateTimeOffset.MaxValue.AddYears(-1) })).Id,
        "/api/v1/schedules" => await ScheduleAsync(),
        "/api/v1/loops" => "idempotency clean-up",
        "/api/v1/streams" => "build",
        "/api/v1/backends" => "worker",
        "/api/v1/users" => LiveUser,
        "/api/v1/connections" => (await ConnectAsync(LiveRoom, LiveUser + ++_last)).ConnectionId,
        "/api/v1/files" => await UploadAsync(),
        "/api/v1/webhooks/{webhook_id}/deliveries" => await DeliverAsync(filled.Split('/')[^2]),
        "/api/v1/rooms/{room_id}/members" => await JoinAsync(filled.Split('/')[^2]),
        _ => throw new InvalidOperationException(
            $"Nothing is known to be in {collection}: let a POST there create it (201, with the parameter's name or id in the answer), or name one in {nameof(ApiThings)}."),
    };

    private async Task<string> ScheduleAsync()
    {
        var schedules = contract.Server.App.Services.GetRequiredService<JobSchedules>();
        await Eventually.True(async () => await schedules.FindAsync("contract") is not null);
        return "contract";
    }

    /// <summary>A delivery that is over: the endpoint's name is none.</summary>
    private async Task<string> DeliverAsync(string webhook)
    {
        var path = $"/api/v1/webhooks/{webhook}";
        var delivery = (await contract.SendAsync(HttpMethod.Post, path + "/test", null, contract.Server.AdminToken)).AssertStatus(202).GetProperty("delivery_id").GetString()!;
        await Eventually.Equal(
            "failed",
            async () => (await contract.SendAsync(HttpMethod.Get, $"{path}/deliveries/{delivery}", null, contract.Server.AdminToken)).AssertStatus(200).GetProperty("delivery").GetProperty("state").GetString());
        return delivery;
    }

    private async Task<string> UploadAsync() =>
        (await contract.SendAsync(HttpMethod.Post, "/api/v1/files", new ApiContent([.. "a text"u8], "text/plain"), contract.Server.AdminToken)).AssertStatus(201).GetProperty("id").GetString()!;

    private async Task<string> JoinAsync(string room)
    {
        var user = LiveUser + ++_last;
        await ConnectAsync(room, user);
        return user;
    }

    private async Task<LiveClient> ConnectAsync(string room, string user)
    {
        var client = await contract.Server.ConnectAsync(contract.Server.TokenFor(user, null, "join:*"));
        _clients.Add(client);
        Assert.Equal("ack", (await client.RequestAsync("join_room", null, room)).Type);
        return client;
    }
}
