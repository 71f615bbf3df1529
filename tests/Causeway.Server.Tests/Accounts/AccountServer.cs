using System.Text.Json;
using Causeway.Identity;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Server.Tests.Accounts;

/// <summary>A server that asks everybody for a credential and lets people register, for all tests of a class.</summary>
public sealed class AccountServer : IAsyncLifetime
{
    public const string Password = "correct horse battery";

    private RunningServer? _server;
    private int _last;

    internal RunningServer Server => _server ?? throw new InvalidOperationException("Not started.");

    internal string Admin => Server.AdminToken;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync("""
        {
          "Auth": { "Mode": "required", "AllowRegistration": true },
          "RateLimits": { "Auth": { "Permits": 100000 }, "AuthAccount": { "Permits": 100000 }, "Default": { "Permits": 100000 } }
        }
        """);

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>An address no other test uses.</summary>
    internal string NextEmail() => $"user-{Interlocked.Increment(ref _last)}@example.com";

    /// <summary>Registers, and gives the answer.</summary>
    internal async Task<JsonElement> RegisterAsync(string? email = null) =>
        (await Server.PostAsync("/api/v1/auth/register", $$"""{"email":"{{email ?? NextEmail()}}","password":"{{Password}}","name":"Ada"}""")).AssertStatus(201);

    /// <summary>An account with these roles, made by the admin, and a session of its own.</summary>
    internal async Task<(string Id, string Token, string Email)> AddAsync(params string[] roles)
    {
        var email = NextEmail();
        var made = (await Server.PostAsync(
            "/api/v1/users", $$"""{"email":"{{email}}","password":"{{Password}}","roles":{{JsonSerializer.Serialize(roles)}}}""", Admin)).AssertStatus(201);
        var session = (await LogInAsync(email)).AssertStatus(200);
        return (made.GetProperty("id").GetString()!, session.GetProperty("access_token").GetString()!, email);
    }

    internal Task<HttpAnswer> LogInAsync(string email, string password = Password, bool cookie = false) => Server.PostAsync(
        "/api/v1/auth/login", $$"""{"email":"{{email}}","password":"{{password}}","cookie":{{(cookie ? "true" : "false")}}}""");

    internal Task<HttpAnswer> RefreshAsync(string token) => Server.PostAsync("/api/v1/auth/refresh", $$"""{"refresh_token":"{{token}}"}""");

    internal async Task PutRoleAsync(string name, params string[] permissions) => Assert.InRange(
        (await Server.SendAsync(HttpMethod.Put, "/api/v1/roles/" + name, $$"""{"permissions":{{JsonSerializer.Serialize(permissions)}}}""", Admin)).Status, 200, 201);

    /// <summary>Sends what is due and finds the secret of the newest mail to an address.</summary>
    internal async Task<string> LinkAsync(string email, string kind = "verification")
    {
        var directory = Path.Combine(Server.Settings.DataDirectory, "mail");
        string? found = null;

        await Eventually.True(() =>
        {
            var mail = Directory.Exists(directory)
                ? Directory.GetFiles(directory, $"*-{kind}-*.eml").OrderDescending(StringComparer.Ordinal).Select(File.ReadAllText).FirstOrDefault(text => text.Contains("To: " + email, StringComparison.Ordinal) && text.Contains("token=", StringComparison.Ordinal))
                : null;
            found = mail?[(mail.IndexOf("token=", StringComparison.Ordinal) + 6)..][..43];
            return found is not null;
        }, what: $"a {kind} mail to {email}");
        return found!;
    }
}
