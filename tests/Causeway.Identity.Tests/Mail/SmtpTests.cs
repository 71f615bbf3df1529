using Causeway.Data;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Identity.Tests;

/// <summary>E7: mail handed to a server over a real connection.</summary>
[Collection("databases")]
public sealed class SmtpTests
{
    [Fact]
    public async Task Send_Invitation_IsMailedUnderItsId()
    {
        await using var server = SmtpServer.Start();
        await using var identity = await StartAsync(server);

        Assert.True(await SendAsync(identity, "mail-1"));

        var mail = Assert.Single(server.Mails);
        Assert.Contains("To: ada@example.com", mail, StringComparison.Ordinal);
        Assert.Contains("From: Causeway <live@example.com>", mail.Replace("\"", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("Message-ID: <mail-1@example.com>", mail, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Auto-Submitted: auto-generated", mail, StringComparison.Ordinal);
        Assert.Contains("token=", mail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_WithALogIn_ShowsNameAndPassword()
    {
        await using var server = SmtpServer.Start();
        await using var identity = await StartAsync(server, static smtp => (smtp.UserName, smtp.Password) = ("causeway", "geheim"));

        Assert.True(await SendAsync(identity));

        Assert.Contains("geheim", server.Commands);
    }

    [Theory]
    [InlineData("550 no such mailbox")]
    [InlineData("451 later")]
    public async Task Send_Refused_IsToldAndCanBeTriedAgain(string refusal)
    {
        await using var server = SmtpServer.Start();
        server.RefusesRecipient = refusal;
        await using var identity = await StartAsync(server);
        await Assert.ThrowsAsync<MailException>(() => SendAsync(identity));

        server.RefusesRecipient = null;
        Assert.True(await SendAsync(identity));

        Assert.Single(server.Mails);
    }

    [Fact]
    public async Task Send_AccountIsGoneOrDisabled_SendsNothing()
    {
        await using var server = SmtpServer.Start();
        await using var identity = await StartAsync(server);
        var account = await InviteAsync(identity, "ada@example.com");
        await identity.Database.ExecuteAsync("UPDATE users SET disabled = @disabled", new { disabled = true });

        Assert.False(await SendAsync(identity, userId: account.Id));
        Assert.False(await SendAsync(identity, userId: "nobody"));

        Assert.Equal(0, server.Connections);
    }

    [Fact]
    public async Task Send_ServerBreaksOff_IsTold()
    {
        await using var server = SmtpServer.Start();
        server.BreaksOff = true;
        await using var identity = await StartAsync(server);

        await Assert.ThrowsAsync<MailException>(() => SendAsync(identity));

        Assert.Empty(server.Mails);
    }

    [Fact]
    public async Task Send_NobodyListens_IsTold()
    {
        await using var identity = await StartAsync(FreePort.Next());

        await Assert.ThrowsAsync<MailException>(() => SendAsync(identity));
    }

    [Fact]
    public async Task Send_ServerSaysNothing_EndsAfterTheTimeOut()
    {
        await using var server = SmtpServer.Start();
        server.Hangs = true;
        await using var identity = await StartAsync(server, static smtp => smtp.TimeoutSeconds = 1);

        var told = await Assert.ThrowsAsync<MailException>(() => SendAsync(identity));

        Assert.Contains("longer than 1 s", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_CancelledInTheMiddle_EndsAtOnce()
    {
        await using var server = SmtpServer.Start();
        server.Hangs = true;
        await using var identity = await StartAsync(server);
        var account = await InviteAsync(identity, "ada@example.com");
        using var stop = new CancellationTokenSource();
        var sending = identity.Get<MailDelivery>().SendAsync("mail-1", new MailRequest(MailKind.Invitation, account.Id, account.Email), stop.Token);
        await Eventually.True(() => server.Connections == 1);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending.Within());
    }

    /// <summary>A mail has a link that is a secret, and a log-in a password: they go over no connection that others can read, and so to nobody who takes STARTTLS out of what the server offers.</summary>
    [Fact]
    public async Task Send_StartTlsStripped_SendsNeitherPasswordNorMail()
    {
        await using var server = SmtpServer.Start();
        await using var identity = await StartAsync(server, static smtp => (smtp.StartTls, smtp.UserName, smtp.Password) = (true, "causeway", "geheim"));

        await Assert.ThrowsAsync<MailException>(() => SendAsync(identity));

        var said = Assert.Single(server.Commands);
        Assert.StartsWith("EHLO", said, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Send_CertificateNobodyVouchesFor_IsNotUsed()
    {
        using var authority = new TestAuthority(TimeProvider.System.GetUtcNow());
        await using var server = SmtpServer.Start(authority.Issue(TimeSpan.FromDays(1)));
        await using var identity = await StartAsync(server, static smtp => smtp.StartTls = true);

        await Assert.ThrowsAsync<MailException>(() => SendAsync(identity));

        Assert.Contains("STARTTLS", server.Commands);
        Assert.DoesNotContain(server.Commands, static command => command.StartsWith("MAIL", StringComparison.OrdinalIgnoreCase));
    }

    private static Task<TestIdentity> StartAsync(SmtpServer server, Action<SmtpOptions>? configure = null) => StartAsync(server.Port, configure);

    private static Task<TestIdentity> StartAsync(int port, Action<SmtpOptions>? configure = null)
    {
        var smtp = new SmtpOptions { Host = "localhost", Port = port, StartTls = false };
        configure?.Invoke(smtp);
        return TestIdentity.CreateAsync(DatabaseProvider.Sqlite, services: services => services.Configure<MailOptions>(mail => (mail.From, mail.Smtp) = ("Causeway <live@example.com>", smtp)));
    }

    private static async Task<Account> InviteAsync(TestIdentity identity, string email)
    {
        var made = await identity.Accounts.CreateAsync(new NewAccount(TestIdentity.Email(email), null, null, [], IsEmailVerified: true), TestIdentity.From());
        Assert.Equal(AccountStatus.Done, made.Status);
        return made.Account!;
    }

    /// <summary>One try of an invitation.</summary>
    private static async Task<bool> SendAsync(TestIdentity identity, string id = "mail-1", string? userId = null)
    {
        userId ??= (await identity.Database.QuerySingleOrDefaultAsync<string>("SELECT id FROM users")) ?? (await InviteAsync(identity, "ada@example.com")).Id;
        return await identity.Get<MailDelivery>().SendAsync(id, new MailRequest(MailKind.Invitation, userId, "ada@example.com"), CancellationToken.None).Within();
    }
}
