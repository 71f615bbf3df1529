using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Operations;

/// <summary>E7 of the real program: mail to a server that is made secure first, by a certificate of an authority that the machine trusts.</summary>
public sealed class MailTests
{
    [Fact]
    public async Task Invitation_ServerWithStartTls_ArrivesAndNothingOfItCouldBeRead()
    {
        Needs.Linux();
        using var authority = new TestAuthority(TimeProvider.System.GetUtcNow());
        await using var server = SmtpServer.Start(authority.Issue(TimeSpan.FromDays(1)));
        var configuration = new JsonObject
        {
            ["Mail"] = new JsonObject
            {
                ["From"] = "Causeway <live@example.com>",
                ["Smtp"] = new JsonObject { ["Host"] = "localhost", ["Port"] = server.Port, ["UserName"] = "causeway", ["Password"] = "geheim" },
            },
        };
        await using var causeway = CausewayProcess.Create(configuration.ToJsonString());
        var roots = Path.Combine(causeway.Directory, "roots.pem");
        await File.WriteAllTextAsync(roots, authority.Root.ExportCertificatePem(), TestContext.Current.CancellationToken);
        causeway.Environment["SSL_CERT_FILE"] = roots;
        await causeway.StartAgainAsync();

        var created = await causeway.PostAsync("/api/v1/users", """{"email":"ada@example.com"}""");
        Assert.True(created.Status == 201, created.Text);
        await Eventually.True(() => !server.Mails.IsEmpty, what: "the mail is there");

        Assert.Contains("To: ada@example.com", Assert.Single(server.Mails), StringComparison.Ordinal);
        Assert.Contains("geheim", server.Commands);
        Assert.Equal(["EHLO", "STARTTLS"], server.InClear.Select(static line => line.Split(' ')[0]));
        Assert.DoesNotContain("geheim", causeway.Process.Text, StringComparison.Ordinal);
    }
}
