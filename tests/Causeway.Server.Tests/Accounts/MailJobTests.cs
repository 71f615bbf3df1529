using System.Text.Json;
using Causeway.Testing;

namespace Causeway.Server.Tests.Accounts;

/// <summary>E7: each mail is a durable job, to be seen and operated like any other.</summary>
public sealed class MailJobTests
{
    [Fact]
    public async Task Mail_RefusedByTheServer_IsAJobThatCanBeTriedAgainAtOnce()
    {
        await using var smtp = SmtpServer.Start();
        smtp.RefusesRecipient = "451 later";
        await using var server = await StartAsync(smtp);
        await InviteAsync(server, "ada@example.com");
        var job = await FindAsync(server, "scheduled");

        var shown = (await server.GetAsync($"/api/v1/jobs/{job}")).AssertStatus(200);
        Assert.DoesNotContain("token", shown.GetProperty("args").GetString(), StringComparison.Ordinal);
        Assert.Contains("did not take it", Assert.Single(shown.GetProperty("failures").EnumerateArray()).GetProperty("message").GetString(), StringComparison.Ordinal);
        smtp.RefusesRecipient = null;
        (await server.PostAsync($"/api/v1/jobs/{job}/retry", "")).AssertStatus(200);

        Assert.Equal(job, await FindAsync(server, "succeeded"));
        Assert.Contains("To: ada@example.com", Assert.Single(smtp.Mails), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_OfAnAccountThatIsDeletedMeanwhile_IsCancelled()
    {
        await using var smtp = SmtpServer.Start();
        smtp.RefusesRecipient = "451 later";
        await using var server = await StartAsync(smtp);
        var user = await InviteAsync(server, "ada@example.com");
        var job = await FindAsync(server, "scheduled");

        (await server.DeleteAsync($"/api/v1/users/{user}")).AssertStatus(204);
        smtp.RefusesRecipient = null;
        (await server.PostAsync($"/api/v1/jobs/{job}/retry", "")).AssertStatus(200);

        Assert.Equal(job, await FindAsync(server, "cancelled"));
        Assert.Empty(smtp.Mails);
    }

    /// <summary>A minute of mails that are refused makes one job for each, not one for each time somebody asks.</summary>
    [Fact]
    public async Task Mail_AskedForAgainWhileItWaits_IsOneJob()
    {
        await using var smtp = SmtpServer.Start();
        smtp.RefusesRecipient = "451 later";
        await using var server = await StartAsync(smtp);
        await InviteAsync(server, "ada@example.com");
        await FindAsync(server, "scheduled");

        for (var i = 0; i < 5; i++)
        {
            (await server.PostAsync("/api/v1/auth/forgot-password", """{"email":"ada@example.com"}""")).AssertStatus(202);
        }

        // The invitation, and the one link for a new password.
        await Eventually.True(async () => (await JobsAsync(server, "scheduled")).Length == 2, what: "both mails wait");
        Assert.Equal(2, (await JobsAsync(server)).Length);
    }

    private static Task<RunningServer> StartAsync(SmtpServer smtp) => RunningServer.StartAsync(
        $$"""{ "Mail": { "From": "Causeway <live@example.com>", "Smtp": { "Host": "localhost", "Port": {{smtp.Port}}, "StartTls": false } } }""");

    private static async Task<string> InviteAsync(RunningServer server, string email) =>
        (await server.PostAsync("/api/v1/users", $$"""{"email":"{{email}}"}""")).AssertStatus(201).GetProperty("id").GetString()!;

    /// <summary>The only mail, once it is in a state.</summary>
    private static async Task<string> FindAsync(RunningServer server, string state)
    {
        await Eventually.True(async () => (await JobsAsync(server, state)).Length == 1, what: $"the mail is {state}");
        return (await JobsAsync(server, state))[0].GetProperty("id").GetString()!;
    }

    private static async Task<JsonElement[]> JobsAsync(RunningServer server, string? state = null) =>
        [.. (await server.GetAsync($"/api/v1/jobs?kind.prefix=mail.send{(state is null ? "" : "&state=" + state)}")).AssertStatus(200).GetProperty("items").EnumerateArray()];
}
