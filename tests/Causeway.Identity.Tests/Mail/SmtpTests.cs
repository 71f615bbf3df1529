using Causeway.Data;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Identity.Tests;

/// <summary>E7: mail handed to a server over a real connection.</summary>
[Collection("databases")]
public sealed class SmtpTests
{
    [Fact]
    public async Task Deliver_InvitedAccount_IsMailedOnce()
    {
        await using var server = SmtpServer.Start();
        await using var identity = await StartAsync(server);
        await InviteAsync(identity, "ada@example.com");

        Assert.Equal(1, await DeliverAsync(identity));
        Assert.Equal(0, await DeliverAsync(identity));

        var mail = Assert.Single(server.Mails);
        Assert.Contains("To: ada@example.com", mail, StringComparison.Ordinal);
        Assert.Contains("From: Causeway <live@example.com>", mail.Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("Auto-Submitted: auto-generated", mail, StringComparison.Ordinal);
        Assert.Contains("token=", mail, StringComparison.Ordinal);
        Assert.Empty(await WaitingAsync(identity));
    }

    [Fact]
    public async Task Deliver_ManyMails_GoInOneTurnEachOnce()
    {
        await using var server = SmtpServer.Start();
        await using var identity = await StartAsync(server);
        for (var i = 0; i < 50; i++)
        {
            await InviteAsync(identity, $"user-{i}@example.com");
        }

        Assert.Equal(50, await DeliverAsync(identity));

        Assert.Equal(50, server.Mails.Select(static mail => mail.Split("To: ")[1].Split('\r')[0]).Distinct().Count());
        Assert.Equal(50, server.Mails.Count);
    }

    [Fact]
    public async Task Deliver_WithALogIn_ShowsNameAndPassword()
    {
        await using var server = SmtpServer.Start();
        await using var identity = await StartAsync(server, static smtp => (smtp.UserName, smtp.Password) = ("causeway", "geheim"));
        await InviteAsync(identity, "ada@example.com");

        Assert.Equal(1, await DeliverAsync(identity));

        Assert.Contains("geheim", server.Commands);
    }

    [Theory]
    [InlineData("550 no such mailbox")]
    [InlineData("451 later")]
    public async Task Deliver_Refused_IsTriedAgainAfterGrowingPauses(string refusal)
    {
        await using var server = SmtpServer.Start();
        server.RefusesRecipient = refusal;
        await using var identity = await StartAsync(server);
        await InviteAsync(identity, "ada@example.com");

        Assert.Equal(0, await DeliverAsync(identity));
        Assert.Equal(TimeSpan.FromSeconds(30), Assert.Single(await WaitingAsync(identity)));
        Assert.Equal(0, await DeliverAsync(identity));
        identity.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(0, await DeliverAsync(identity));
        Assert.Equal(TimeSpan.FromSeconds(60), Assert.Single(await WaitingAsync(identity)));
        Assert.Equal(2, identity.Log.Named("MailDelayed").Count);

        server.RefusesRecipient = null;
        identity.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(1, await DeliverAsync(identity));
        Assert.Single(server.Mails);
    }

    [Fact]
    public async Task Deliver_RefusedForDays_IsGivenUp()
    {
        await using var server = SmtpServer.Start();
        server.RefusesRecipient = "550 no such mailbox";
        await using var identity = await StartAsync(server);
        await InviteAsync(identity, "ada@example.com");
        await DeliverAsync(identity);

        identity.Time.Advance(TimeSpan.FromDays(3) + TimeSpan.FromSeconds(1));
        await DeliverAsync(identity);

        Assert.Empty(await WaitingAsync(identity));
        Assert.Single(identity.Log.Named("MailGivenUp"));
    }

    [Fact]
    public async Task Deliver_ServerBreaksOff_KeepsTheMail()
    {
        await using var server = SmtpServer.Start();
        server.BreaksOff = true;
        await using var identity = await StartAsync(server);
        await InviteAsync(identity, "ada@example.com");

        Assert.Equal(0, await DeliverAsync(identity));

        Assert.Single(await WaitingAsync(identity));
        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task Deliver_NobodyListens_KeepsTheMail()
    {
        await using var identity = await StartAsync(FreePort.Next());
        await InviteAsync(identity, "ada@example.com");

        Assert.Equal(0, await DeliverAsync(identity));

        Assert.Single(await WaitingAsync(identity));
    }

    [Fact]
    public async Task Deliver_ServerSaysNothing_EndsAfterTheTimeOut()
    {
        await using var server = SmtpServer.Start();
        server.Hangs = true;
        await using var identity = await StartAsync(server, static smtp => smtp.TimeoutSeconds = 1);
        await InviteAsync(identity, "ada@example.com");

        Assert.Equal(0, await DeliverAsync(identity));

        var delayed = Assert.Single(identity.Log.Named("MailDelayed"));
        Assert.Contains("longer than 1 s", delayed.Exception!.Message, StringComparison.Ordinal);
        Assert.Single(await WaitingAsync(identity));
    }

    [Fact]
    public async Task Deliver_CancelledInTheMiddle_IsDueAtOnce()
    {
        await using var server = SmtpServer.Start();
        server.Hangs = true;
        await using var identity = await StartAsync(server);
        await InviteAsync(identity, "ada@example.com");
        using var stop = new CancellationTokenSource();
        var delivering = identity.Get<MailOutbox>().DeliverAsync(stop.Token);
        await Eventually.True(() => server.Connections == 1);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => delivering.Within());

        Assert.Equal(TimeSpan.Zero, Assert.Single(await WaitingAsync(identity)));
        server.Hangs = false;
        Assert.Equal(1, await DeliverAsync(identity));
    }

    /// <summary>A mail has a link that is a secret, and a log-in a password: they go over no connection that others can read, and so to nobody who takes STARTTLS out of what the server offers.</summary>
    [Fact]
    public async Task Deliver_StartTlsStripped_SendsNeitherPasswordNorMail()
    {
        await using var server = SmtpServer.Start();
        await using var identity = await StartAsync(server, static smtp => (smtp.StartTls, smtp.UserName, smtp.Password) = (true, "causeway", "geheim"));
        await InviteAsync(identity, "ada@example.com");

        Assert.Equal(0, await DeliverAsync(identity));

        var said = Assert.Single(server.Commands);
        Assert.StartsWith("EHLO", said, StringComparison.OrdinalIgnoreCase);
        Assert.Single(await WaitingAsync(identity));
    }

    [Fact]
    public async Task Deliver_CertificateNobodyVouchesFor_IsNotUsed()
    {
        using var authority = new TestAuthority(TimeProvider.System.GetUtcNow());
        await using var server = SmtpServer.Start(authority.Issue(TimeSpan.FromDays(1)));
        await using var identity = await StartAsync(server, static smtp => smtp.StartTls = true);
        await InviteAsync(identity, "ada@example.com");

        Assert.Equal(0, await DeliverAsync(identity));

        Assert.Contains("STARTTLS", server.Commands);
        Assert.DoesNotContain(server.Commands, static command => command.StartsWith("MAIL", StringComparison.OrdinalIgnoreCase));
        Assert.Single(await WaitingAsync(identity));
    }

    private static Task<TestIdentity> StartAsync(SmtpServer server, Action<SmtpOptions>? configure = null) => StartAsync(server.Port, configure);

    private static Task<TestIdentity> StartAsync(int port, Action<SmtpOptions>? configure = null)
    {
        var smtp = new SmtpOptions { Host = "localhost", Port = port, StartTls = false };
        configure?.Invoke(smtp);
        return TestIdentity.CreateAsync(DatabaseProvider.Sqlite, services: services => services.Configure<MailOptions>(mail => (mail.From, mail.Smtp) = ("Causeway <live@example.com>", smtp)));
    }

    private static async Task InviteAsync(TestIdentity identity, string email) => Assert.Equal(
        AccountStatus.Done,
        (await identity.Accounts.CreateAsync(new NewAccount(TestIdentity.Email(email), null, null, [], IsEmailVerified: true), TestIdentity.From())).Status);

    private static Task<int> DeliverAsync(TestIdentity identity) => identity.Get<MailOutbox>().DeliverAsync().Within();

    /// <summary>In how long each mail of the outbox is tried again.</summary>
    private static async Task<List<TimeSpan>> WaitingAsync(TestIdentity identity) =>
        [.. (await identity.Database.QueryAsync<long>("SELECT due_at FROM mail_outbox")).Select(due => DateTimeOffset.FromUnixTimeMilliseconds(due) - identity.Time.GetUtcNow())];
}
