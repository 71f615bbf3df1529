using System.Text;
using Causeway.Identity;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests;

/// <summary>F12 where the answer is a secret: it is told again to whoever has the key, and to nobody who has the database.</summary>
public sealed class SecretAnswerTests
{
    private const string Required = """{ "Auth": { "Mode": "required", "AllowRegistration": true } }""";

    [Theory]
    [InlineData("/api/v1/api-keys", """{"name":"prices","scopes":["publish:*"]}""")]
    [InlineData("/api/v1/webhooks", """{"url":"https://example.com/hook","events":["user.*"]}""")]
    public async Task Create_AgainWithTheKey_GivesTheFirstSecretAndMakesNothing(string path, string body)
    {
        await using var server = await RunningServer.StartAsync(Required);
        var first = await server.PostAsync(path, body, server.AdminToken, ("Idempotency-Key", "made-once"));
        await server.App.Services.GetRequiredService<SigningKeys>().RotateAsync(TestContext.Current.CancellationToken);

        var again = await server.PostAsync(path, body, server.AdminToken, ("Idempotency-Key", "made-once"));

        Assert.NotEmpty(first.AssertStatus(201).GetProperty("secret").GetString()!);
        Assert.Equal((201, first.Text), (again.Status, again.Text));
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal("no-store", again.Header("Cache-Control"));
        Assert.Equal(first.Header("ETag"), again.Header("ETag"));
        Assert.Single((await server.GetAsync(path, server.AdminToken)).AssertStatus(200).GetProperty("items").EnumerateArray());
        (await server.PostAsync(path, body.Replace("publish", "read", StringComparison.Ordinal).Replace("user.", "room.", StringComparison.Ordinal), server.AdminToken, ("Idempotency-Key", "made-once")))
            .AssertError(422, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task Register_AgainWithTheKey_GivesTheSessionItsCookieAndNobodyElse()
    {
        await using var server = await RunningServer.StartAsync(Required);
        const string Body = """{"email":"ada@example.com","password":"correct horse battery","cookie":true}""";
        var first = await server.PostAsync("/api/v1/auth/register", Body, null, ("Idempotency-Key", "registered-once"));

        var again = await server.PostAsync("/api/v1/auth/register", Body, null, ("Idempotency-Key", "registered-once"));

        first.AssertStatus(201);
        Assert.Equal((201, first.Text), (again.Status, again.Text));
        Assert.StartsWith("causeway-session-", first.Header("Set-Cookie"), StringComparison.Ordinal);
        Assert.Equal(first.Header("Set-Cookie"), again.Header("Set-Cookie"));
        Assert.Equal(1, (await server.GetAsync("/api/v1/users?page=1", server.AdminToken)).AssertStatus(200).GetProperty("total").GetInt32());
        (await server.PostAsync("/api/v1/auth/register", Body.Replace("battery", "cattery", StringComparison.Ordinal), null, ("Idempotency-Key", "registered-once"))).AssertError(422, "VALIDATION_ERROR");
        (await server.PostAsync("/api/v1/auth/register", Body, null, ("Idempotency-Key", "another"))).AssertError(409, "CONFLICT");
    }

    [Fact]
    public async Task Create_WithAKey_LeavesTheSecretInNoFile()
    {
        await using var server = await RunningServer.StartAsync(Required);
        var made = (await server.PostAsync("/api/v1/api-keys", """{"name":"prices","scopes":["publish:*"]}""", server.AdminToken, ("Idempotency-Key", "made-once"))).AssertStatus(201);

        Assert.True(StandsInTheDatabase(server, made.GetProperty("id").GetString()!));
        Assert.False(StandsInTheDatabase(server, made.GetProperty("secret").GetString()!));
        Assert.False(StandsInTheDatabase(server, "made-once"));
    }

    private static bool StandsInTheDatabase(RunningServer server, string text) => Directory.GetFiles(server.Settings.DataDirectory, "*.db*").Any(file =>
    {
        using var stream = new FileStream(file, FileMode.Open, System.IO.FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    });
}
