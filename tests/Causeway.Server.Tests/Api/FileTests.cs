using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Api;

/// <summary>C3, C4, F7: files over HTTP, the same on both databases.</summary>
public abstract class FileTests(FileServer files)
{
    private static readonly byte[] Png = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. new byte[100]];

    private RunningServer Server => files.Server;

    [Fact]
    public async Task Upload_Raw_IsThereWithAllThatIsKnownOfIt()
    {
        var (user, token) = NewUser();
        var answer = await UploadAsync(token, "hello"u8.ToArray(), "text/plain", "?name=../../gr%C3%BC%C3%9Fe.txt");
        var file = answer.AssertStatus(201);
        var id = file.GetProperty("id").GetString();

        Assert.Equal($"/api/v1/files/{id}", answer.Header("Location"));
        Assert.Equal("\"1\"", answer.Header("ETag"));
        Assert.Equal((user, "grüße.txt", "text/plain", 5), (file.GetProperty("owner_id").GetString(), file.GetProperty("name").GetString(), file.GetProperty("content_type").GetString(), file.GetProperty("size").GetInt32()));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("hello"u8)), file.GetProperty("sha256").GetString());
        Assert.Equal(file.GetRawText(), (await Server.GetAsync($"/api/v1/files/{id}", token)).AssertStatus(200).GetRawText());

        var content = await Server.GetAsync($"/api/v1/files/{id}/content", token);
        Assert.Equal((200, "hello", "text/plain"), (content.Status, content.Text, content.Header("Content-Type")));
        Assert.Equal("attachment; filename=\"gr__e.txt\"; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt", content.Header("Content-Disposition"));
        Assert.Equal("nosniff", content.Header("X-Content-Type-Options"));
        Assert.StartsWith("sandbox", content.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal($"\"{file.GetProperty("sha256").GetString()}\"", content.Header("ETag"));
        var part = await Server.GetAsync($"/api/v1/files/{id}/content", token, ("Range", "bytes=1-2"), ("If-Range", content.Header("ETag")!));
        Assert.Equal((206, "el", "bytes 1-2/5"), (part.Status, part.Text, part.Header("Content-Range")));
        Assert.Equal(304, (await Server.GetAsync($"/api/v1/files/{id}/content", token, ("If-None-Match", content.Header("ETag")!))).Status);
        Assert.Equal(200, (await Server.SendAsync(HttpMethod.Head, $"/api/v1/files/{id}/content", null, token)).Status);
    }

    [Fact]
    public async Task Upload_Form_TakesNameAndType()
    {
        var (_, token) = NewUser();
        using var form = new MultipartFormDataContent { { new StringContent("chosen.png"), "name" } };
        var part = new ByteArrayContent(Png);
        part.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        form.Add(part, "file", "given.png");
        var file = (await SendAsync(new HttpRequestMessage(HttpMethod.Post, "/api/v1/files") { Content = form }, token)).AssertStatus(201);

        Assert.Equal(("chosen.png", "image/png"), (file.GetProperty("name").GetString(), file.GetProperty("content_type").GetString()));
    }

    [Theory]
    [InlineData("image/png", "<html>", 415, "UNSUPPORTED_MEDIA_TYPE")]
    [InlineData("text/html", "<html>", 415, "UNSUPPORTED_MEDIA_TYPE")]
    [InlineData("image/svg+xml", "<svg/>", 415, "UNSUPPORTED_MEDIA_TYPE")]
    public async Task Upload_TypeThatIsNotTaken_Refused(string type, string content, int status, string code)
    {
        var (_, token) = NewUser();
        (await UploadAsync(token, Encoding.UTF8.GetBytes(content), type)).AssertError(status, code);

        await AssertNothingAsync(token);
    }

    [Fact]
    public async Task Upload_TooLargeOrWrongDigest_RefusedAndNothingKept()
    {
        var (_, token) = NewUser();
        (await UploadAsync(token, new byte[FileServer.MaxBytes + 1], null)).AssertError(413, "PAYLOAD_TOO_LARGE");
        (await UploadAsync(token, "hello"u8.ToArray(), "text/plain", "", ("Content-Digest", $"sha-256=:{Convert.ToBase64String(new byte[32])}:"))).AssertError(422, "VALIDATION_ERROR");

        await AssertNothingAsync(token);

        // What was set aside for them is free again.
        (await UploadAsync(token, Text(FileServer.Quota), "text/plain")).AssertStatus(201);
    }

    [Fact]
    public async Task Upload_WithoutCredentialOrUser_Refused()
    {
        (await UploadAsync(null, "x"u8.ToArray(), "text/plain")).AssertError(401, "UNAUTHORIZED");
        (await UploadAsync("nonsense", "x"u8.ToArray(), "text/plain")).AssertError(401, "UNAUTHORIZED");
    }

    [Fact]
    public async Task Upload_ManyAtOnce_NeverExceedTheQuota()
    {
        var (_, token) = NewUser();
        var size = FileServer.Quota / 5;
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => UploadAsync(token, Text(size), "text/plain")));

        var stored = answers.Count(static answer => answer.Status == 201);
        Assert.InRange(stored, 1, 5);
        Assert.All(answers, static answer => Assert.True(answer.Status == 201 || answer.ErrorCode == "PAYLOAD_TOO_LARGE", answer.Text));
        Assert.Equal(stored, (await ListAsync(token, "?page=1")).GetProperty("total").GetInt32());

        // What is left is exactly what was not taken.
        var left = FileServer.Quota - (stored * size);
        (await UploadAsync(token, Text(left + 1), "text/plain")).AssertError(413, "PAYLOAD_TOO_LARGE");
        if (left > 0)
        {
            (await UploadAsync(token, Text(left), "text/plain")).AssertStatus(201);
        }
    }

    [Fact]
    public async Task Delete_FreesTheQuotaAndTheDisk()
    {
        var (_, token) = NewUser();
        var first = await CreateAsync(token, Text(FileServer.Quota));
        (await UploadAsync(token, "x"u8.ToArray(), "text/plain")).AssertError(413, "PAYLOAD_TOO_LARGE");
        Assert.Single(Directory.GetFiles(Server.Settings.FilesDirectory, first, SearchOption.AllDirectories));

        Assert.Equal(204, (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/files/{first}", null, token)).Status);

        Assert.Empty(Directory.GetFiles(Server.Settings.FilesDirectory, first, SearchOption.AllDirectories));
        (await Server.GetAsync($"/api/v1/files/{first}/content", token)).AssertError(404, "NOT_FOUND");
        (await UploadAsync(token, Text(FileServer.Quota), "text/plain")).AssertStatus(201);
    }

    [Fact]
    public async Task Audit_WhatIsDoneToFiles_IsWrittenDownAndRefusalsAreNot()
    {
        var (user, token) = NewUser();
        var id = (await UploadAsync(token, "hello"u8.ToArray(), "text/plain", "?name=a.txt")).AssertStatus(201).GetProperty("id").GetString();
        await UploadAsync(token, "<html>"u8.ToArray(), "text/html");
        (await Server.SendAsync(HttpMethod.Patch, $"/api/v1/files/{id}", """{"name":"b.txt"}""", token)).AssertStatus(200);
        (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/files/{id}", null, NewUser().Token)).AssertError(404, "NOT_FOUND");
        (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/files/{id}", null, token)).AssertStatus(204);

        var acts = (await Server.GetAsync($"/api/v1/audit?user_id={user}&action.prefix=file.&sort=at", Server.AdminToken)).AssertStatus(200).GetProperty("items").EnumerateArray().ToList();

        Assert.Equal(["file.create", "file.rename", "file.delete"], acts.Select(static act => act.GetProperty("action").GetString()));
        Assert.All(acts, act => Assert.Equal($"file:{id}", act.GetProperty("target").GetString()));
        Assert.Equal("b.txt", acts[2].GetProperty("details").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Update_Name_NeedsTheVersionItNames()
    {
        var (_, token) = NewUser();
        var id = await CreateAsync(token, "x"u8.ToArray());
        var renamed = await Server.SendAsync(HttpMethod.Patch, $"/api/v1/files/{id}", """{"name":"b.txt"}""", token, ("If-Match", "\"1\""));

        Assert.Equal(("b.txt", "\"2\""), (renamed.AssertStatus(200).GetProperty("name").GetString(), renamed.Header("ETag")));
        (await Server.SendAsync(HttpMethod.Patch, $"/api/v1/files/{id}", """{"name":"c.txt"}""", token, ("If-Match", "\"1\""))).AssertError(412, "PRECONDITION_FAILED");
        (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/files/{id}", null, token, ("If-Match", "\"1\""))).AssertError(412, "PRECONDITION_FAILED");
        (await Server.SendAsync(HttpMethod.Patch, $"/api/v1/files/{id}", """{"name":"a/b"}""", token)).AssertInvalid("name");
        (await Server.SendAsync(HttpMethod.Patch, $"/api/v1/files/{id}", """{"owner_id":"me"}""", token)).AssertInvalid("owner_id");
    }

    [Fact]
    public async Task Files_OfSomebodyElse_AreNotThereWithoutThePermission()
    {
        var (_, token) = NewUser();
        var id = await CreateAsync(token, "x"u8.ToArray());
        var (_, stranger) = NewUser();
        foreach (var path in (string[])[$"/api/v1/files/{id}", $"/api/v1/files/{id}/content"])
        {
            (await Server.GetAsync(path, stranger)).AssertError(404, "NOT_FOUND");
        }

        (await Server.SendAsync(HttpMethod.Patch, $"/api/v1/files/{id}", """{"name":"b"}""", stranger)).AssertError(404, "NOT_FOUND");
        (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/files/{id}", null, stranger)).AssertError(404, "NOT_FOUND");
        Assert.Equal(0, (await ListAsync(stranger, "?page=1")).GetProperty("total").GetInt32());
        Assert.DoesNotContain(id, (await Server.GetAsync("/api/v1/files/export.csv", stranger)).Text, StringComparison.Ordinal);

        var reader = Server.TokenFor(Names.Next(), null, "files:read");
        Assert.Equal(200, (await Server.GetAsync($"/api/v1/files/{id}/content", reader)).Status);
        (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/files/{id}", null, reader)).AssertError(403, "FORBIDDEN");
        Assert.Contains(id, (await Server.GetAsync($"/api/v1/files/export.ndjson?sha256={Hash("x")}", reader)).Text, StringComparison.Ordinal);
        Assert.Equal(204, (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/files/{id}", null, Server.TokenFor(Names.Next(), null, "files:*"))).Status);
    }

    [Fact]
    public async Task List_CursorsAndPages_CoverAllOnceInOrder()
    {
        var (_, token) = NewUser();
        var ids = new List<string>();
        for (var i = 0; i < 7; i++)
        {
            ids.Add(await CreateAsync(token, Text(10 - (i / 2)), $"f{i / 2}.txt"));
        }

        var seen = new List<string?>();
        var path = "?sort=size,-name&limit=3";
        string? cursor = null;
        do
        {
            var page = await ListAsync(token, cursor is null ? path : $"{path}&cursor={cursor}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(static file => file.GetProperty("id").GetString()));
            cursor = page.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);
        Assert.Equal(ids.Order(), seen.Order());
        Assert.Equal(7, seen.Count);

        var numbered = await ListAsync(token, "?sort=size,-name&page=2&page_size=3");
        Assert.Equal((7, 2, 3, true), (numbered.GetProperty("total").GetInt32(), numbered.GetProperty("page").GetInt32(), numbered.GetProperty("page_size").GetInt32(), numbered.GetProperty("has_next").GetBoolean()));
        Assert.Equal(seen.Skip(3).Take(3), numbered.GetProperty("items").EnumerateArray().Select(static file => file.GetProperty("id").GetString()));
        Assert.Equal(2, (await ListAsync(token, "?name=f1.txt&page=1")).GetProperty("total").GetInt32());
        Assert.Equal(4, (await ListAsync(token, "?size.lte=9&size.gt=7&page=1")).GetProperty("total").GetInt32());
        Assert.Equal(3, (await ListAsync(token, "?name=f0.txt&name=f3.txt&page=1")).GetProperty("total").GetInt32());
        Assert.Equal(7, (await ListAsync(token, "?name.contains=.TXT&created_at.gte=2020-01-01&page=1")).GetProperty("total").GetInt32());
        Assert.Equal(0, (await ListAsync(token, "?name.contains=%25&page=1")).GetProperty("total").GetInt32());
        (await Server.GetAsync($"/api/v1/files?sort=name&cursor={(await ListAsync(token, path)).GetProperty("next_cursor")}", token)).AssertInvalid("cursor");
        (await Server.GetAsync("/api/v1/files?sort=owner_id", token)).AssertInvalid("sort");
        Assert.Equal(200, (await Server.GetAsync("/api/v1/files?name='%20OR%20'1'='1&page=1", token)).Status);
    }

    [Fact]
    public async Task Export_Csv_IsGuardedAndInOrder()
    {
        var (user, token) = NewUser();
        var id = await CreateAsync(token, "x"u8.ToArray(), "=1+2,a.txt");
        var csv = await Server.GetAsync("/api/v1/files/export.csv?bom=true", token);
        var plain = await Server.GetAsync("/api/v1/files/export.csv?formulas=keep", token);

        Assert.StartsWith("\uFEFFid,owner_id,name,content_type,size,sha256,created_at,updated_at\r\n", csv.Text, StringComparison.Ordinal);
        Assert.Contains($"{id},{user},\"'=1+2,a.txt\",text/plain,1,", csv.Text, StringComparison.Ordinal);
        Assert.Contains($"{id},{user},\"=1+2,a.txt\",text/plain,1,", plain.Text, StringComparison.Ordinal);
        var row = JsonElement.Parse((await Server.GetAsync("/api/v1/files/export.ndjson", token)).Text);
        Assert.Equal(id, row.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Upload_SameKeyAgain_IsTheSameFileAndAnotherFileIsRefused()
    {
        var (_, token) = NewUser();
        var key = ("Idempotency-Key", Names.Next());
        var first = await UploadAsync(token, "hello"u8.ToArray(), "text/plain", "?name=a.txt", key);
        var again = await UploadAsync(token, "hello"u8.ToArray(), "text/plain", "?name=a.txt", key);

        Assert.Equal((201, first.Text, "true"), (again.Status, again.Text, again.Header("Idempotency-Replayed")));
        (await UploadAsync(token, "other"u8.ToArray(), "text/plain", "?name=a.txt", key)).AssertError(422, "VALIDATION_ERROR");
        (await UploadAsync(token, "hello"u8.ToArray(), "text/plain", "?name=b.txt", key)).AssertError(422, "VALIDATION_ERROR");
        Assert.Equal(1, (await ListAsync(token, "?page=1")).GetProperty("total").GetInt32());
        (await UploadAsync(token, "hello"u8.ToArray(), "text/plain", "", ("Idempotency-Key", new string('k', 256)))).AssertError(422, "VALIDATION_ERROR");

        // A refusal did nothing, so its key is free.
        var other = ("Idempotency-Key", Names.Next());
        (await UploadAsync(token, "<html>"u8.ToArray(), "text/html", "", other)).AssertError(415, "UNSUPPORTED_MEDIA_TYPE");
        (await UploadAsync(token, "text"u8.ToArray(), "text/plain", "", other)).AssertStatus(201);
    }

    /// <summary>The row and the answer under its key are one transaction: a node that was so slow that another took its key over leaves no file that a repeat would not find.</summary>
    [Fact]
    public async Task Upload_KeyTakenOverMeanwhile_LeavesNoFile()
    {
        var (_, token) = NewUser();
        var (database, name) = (Server.App.Services.GetRequiredService<Causeway.Data.Database>(), Names.Next());
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/files?name=slow.txt")
        {
            Content = new InterruptedContent(() => Eventually.Equal(
                1, () => database.ExecuteAsync("UPDATE idempotency_keys SET claim = 'another' WHERE status IS NULL AND claim <> 'another'"))),
        };
        request.Headers.Add("Idempotency-Key", name);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");

        (await SendAsync(request, token)).AssertError(409, "CONFLICT");

        Assert.Equal(0, (await ListAsync(token, "?page=1")).GetProperty("total").GetInt32());
        Assert.Equal(1, await database.ExecuteAsync("DELETE FROM idempotency_keys WHERE claim = 'another' AND status IS NULL"));
        (await UploadAsync(token, "hello world"u8.ToArray(), "text/plain", "?name=slow.txt", ("Idempotency-Key", name))).AssertStatus(201);
        Assert.Equal(1, (await ListAsync(token, "?page=1")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Post_InARoom_LetsWhoMayJoinItDownload()
    {
        var room = Names.Next("team");
        var (owner, _) = NewUser();
        var ownerToken = Server.TokenFor(owner, null, $"publish:{room}", $"join:{room}");
        var member = Server.TokenFor(Names.Next(), null, $"join:{room}");
        var (_, stranger) = NewUser();
        var id = await CreateAsync(ownerToken, "x"u8.ToArray(), "minutes.txt");
        await using var live = await Server.ConnectAsync(member);
        await live.JoinAsync(room);
        (await Server.GetAsync($"/api/v1/files/{id}/content", member)).AssertError(404, "NOT_FOUND");

        var posted = (await Server.PostAsync($"/api/v1/rooms/{room}/files", $$"""{"file_id":"{{id}}"}""", ownerToken)).AssertStatus(201);

        var message = await live.NextAsync("file");
        var payload = message.Payload;
        Assert.Equal((posted.GetProperty("id").GetString(), id, "minutes.txt", 1), (message.Id, payload.GetProperty("file_id").GetString(), payload.GetProperty("name").GetString(), payload.GetProperty("size").GetInt32()));
        Assert.Equal(["file_id", "name", "size", "content_type", "sha256", "url"], payload.EnumerateObject().Select(static field => field.Name));
        Assert.Equal("x", (await Server.GetAsync(payload.GetProperty("url").GetString()!, member)).Text);
        (await Server.GetAsync($"/api/v1/files/{id}/content", stranger)).AssertError(404, "NOT_FOUND");
        (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/files/{id}", null, member)).AssertError(403, "FORBIDDEN");
        Assert.Equal(id, (await Server.GetAsync($"/api/v1/rooms/{room}/files", member)).AssertStatus(200).GetProperty("items")[0].GetProperty("id").GetString());

        (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/rooms/{room}/files/{id}", null, member)).AssertError(403, "FORBIDDEN");
        Assert.Equal(204, (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/rooms/{room}/files/{id}", null, ownerToken)).Status);
        (await Server.GetAsync($"/api/v1/files/{id}/content", member)).AssertError(404, "NOT_FOUND");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_RoomDeletedAndMadeAgain_HasNoneOfTheFiles(bool isStored)
    {
        var room = Names.Next("team");
        var owner = Server.TokenFor(Names.Next(), null, $"publish:{room}", $"join:{room}");
        var member = Server.TokenFor(Names.Next(), null, $"join:{room}");
        var id = await CreateAsync(owner, "x"u8.ToArray());
        if (isStored)
        {
            (await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""", Server.AdminToken)).AssertStatus(201);
        }

        (await Server.PostAsync($"/api/v1/rooms/{room}/files", $$"""{"file_id":"{{id}}"}""", owner)).AssertStatus(201);
        Assert.Equal(200, (await Server.GetAsync($"/api/v1/files/{id}/content", member)).Status);

        Assert.Equal(204, (await Server.SendAsync(HttpMethod.Delete, $"/api/v1/rooms/{room}", null, Server.AdminToken)).Status);
        (await Server.PostAsync("/api/v1/rooms", $$"""{"room_id":"{{room}}"}""", Server.AdminToken)).AssertStatus(201);

        (await Server.GetAsync($"/api/v1/files/{id}/content", member)).AssertError(404, "NOT_FOUND");
    }

    [Fact]
    public async Task Post_FileOrRoomThatIsNotTheirs_Refused()
    {
        var room = Names.Next("team");
        var (_, owner) = NewUser();
        var id = await CreateAsync(owner, "x"u8.ToArray());
        var publisher = Server.TokenFor(Names.Next(), null, $"publish:{room}", $"join:{room}");

        (await Server.PostAsync($"/api/v1/rooms/{room}/files", $$"""{"file_id":"{{id}}"}""", publisher)).AssertInvalid("file_id");
        (await Server.PostAsync($"/api/v1/rooms/{room}/files", """{"file_id":"nothing"}""", publisher)).AssertInvalid("file_id");
        (await Server.PostAsync($"/api/v1/rooms/{room}/files", "{}", publisher)).AssertInvalid("file_id");
        (await Server.PostAsync($"/api/v1/rooms/{room}/files", $$"""{"file_id":"{{id}}"}""", owner)).AssertError(403, "FORBIDDEN");
    }

    [Fact]
    public async Task Sweep_TakesWhatNobodyKnowsAndLeavesTheRest()
    {
        var (_, token) = NewUser();
        var id = await CreateAsync(token, "x"u8.ToArray());
        var known = Directory.GetFiles(Server.Settings.FilesDirectory, id, SearchOption.AllDirectories).Single();
        var unknown = Path.Combine(Server.Settings.FilesDirectory, "stored", "wn", "no", "0190-unknown");
        Directory.CreateDirectory(Path.GetDirectoryName(unknown)!);
        await File.WriteAllTextAsync(unknown, "left", TestContext.Current.CancellationToken);
        var young = Path.Combine(Path.GetDirectoryName(unknown)!, "0190-newnown");
        await File.WriteAllTextAsync(young, "its row comes in a moment", TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(known, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetLastWriteTimeUtc(unknown, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        await Server.App.Services.GetRequiredService<FileSweep>().RunAsync(TestContext.Current.CancellationToken);

        Assert.True(File.Exists(known));
        Assert.True(File.Exists(young));
        Assert.False(File.Exists(unknown));
        File.Delete(young);
    }

    [Fact]
    public async Task Download_ContentThatIsGone_IsUnavailableAndLogged()
    {
        var (_, token) = NewUser();
        var id = await CreateAsync(token, "x"u8.ToArray());
        File.Delete(Directory.GetFiles(Server.Settings.FilesDirectory, id, SearchOption.AllDirectories).Single());

        (await Server.GetAsync($"/api/v1/files/{id}/content", token)).AssertError(503, "UNAVAILABLE");
        await Server.Logs.WaitFor("ContentMissing");
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static byte[] Text(int bytes) => [.. Enumerable.Repeat((byte)'a', bytes)];

    private (string User, string Token) NewUser()
    {
        var user = Names.Next();
        return (user, Server.TokenFor(user));
    }

    private async Task<string> CreateAsync(string token, byte[] content, string name = "a.txt") =>
        (await UploadAsync(token, content, "text/plain", "?name=" + Uri.EscapeDataString(name))).AssertStatus(201).GetProperty("id").GetString()!;

    private async Task<JsonElement> ListAsync(string token, string query) => (await Server.GetAsync("/api/v1/files" + query, token)).AssertStatus(200);

    private async Task AssertNothingAsync(string token)
    {
        Assert.Equal(0, (await ListAsync(token, "?page=1")).GetProperty("total").GetInt32());
        Assert.Empty(Directory.GetFiles(Path.Combine(Server.Settings.FilesDirectory, "incoming")));
    }

    private Task<HttpAnswer> UploadAsync(string? token, byte[] content, string? type, string query = "", params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/files" + query) { Content = new ByteArrayContent(content) };
        if (type is not null)
        {
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return SendAsync(request, token);
    }

    private async Task<HttpAnswer> SendAsync(HttpRequestMessage request, string? token)
    {
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await Server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(static header => header.Key, static header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new HttpAnswer((int)response.StatusCode, headers, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}

/// <summary>Files, with the database in a file.</summary>
public sealed class SqliteFileTests(SqliteFileServer files) : FileTests(files), IClassFixture<SqliteFileServer>;

/// <summary>Files, with PostgreSQL.</summary>
public sealed class PostgresFileTests(PostgresFileServer files) : FileTests(files), IClassFixture<PostgresFileServer>;

/// <summary>A server with small limits for files.</summary>
public abstract class FileServer : IAsyncLifetime
{
    public const int MaxBytes = 200_000;
    public const int Quota = 100_000;

    private RunningServer? _server;

    internal RunningServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync($$"""
        {
          "Auth": { "Mode": "required" },
          "Database": {{await DatabaseAsync()}},
          "Files": { "MaxBytes": {{MaxBytes}}, "QuotaBytesPerUser": {{Quota}} },
          "RateLimits": { "Default": { "Permits": 1000000 }, "Publish": { "Permits": 1000000 }, "Upload": { "Permits": 1000000 } },
          "Realtime": { "Namespaces": { "team": { "Join": "permission" } } }
        }
        """);

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    protected abstract Task<string> DatabaseAsync();
}

/// <summary>A body in the middle of which something happens.</summary>
internal sealed class InterruptedContent(Func<Task> happens) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync("hello "u8.ToArray());
        await stream.FlushAsync();
        await happens();
        await stream.WriteAsync("world"u8.ToArray());
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>With the database in a file.</summary>
public sealed class SqliteFileServer : FileServer
{
    protected override Task<string> DatabaseAsync() => Task.FromResult("""{ "Provider": "sqlite" }""");
}

/// <summary>With PostgreSQL.</summary>
public sealed class PostgresFileServer : FileServer
{
    protected override async Task<string> DatabaseAsync()
    {
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        return $$"""{ "Provider": "postgres", "ConnectionString": {{JsonSerializer.Serialize(connection)}} }""";
    }
}
