using Causeway.Data;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Identity.Tests;

/// <summary>Every test of the conformance suite runs on both.</summary>
public static class Providers
{
    public static TheoryData<DatabaseProvider> All => [DatabaseProvider.Sqlite, DatabaseProvider.Postgres];
}

/// <summary>One node: accounts on a real database of the test's own, with a clock that stands still and mail that lands in files.</summary>
internal sealed class TestIdentity : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly ServiceProvider _services;
    private readonly bool _ownsDirectory;
    private int _sent;

    private TestIdentity(TempDirectory directory, ServiceProvider services, ManualTime time, LogProbe log, bool ownsDirectory) =>
        (_directory, _services, Time, Log, _ownsDirectory) = (directory, services, time, log, ownsDirectory);

    public ManualTime Time { get; }

    public LogProbe Log { get; }

    public Database Database => Get<Database>();

    public Accounts Accounts => Get<Accounts>();

    public Sessions Sessions => Get<Sessions>();

    public LogIn LogIn => Get<LogIn>();

    public Credentials Credentials => Get<Credentials>();

    public AccessFeed Feed => Get<AccessFeed>();

    public string MailDirectory => _directory["mail"];

    public static AuditOrigin From(string address = "203.0.113.7") => new(AuditOrigin.Anonymous, null, address, "request-1");

    public static SessionClient Client(SessionKind kind = SessionKind.Token, string address = "203.0.113.7", string? device = "a test") => new(kind, device, From(address));

    public static EmailAddress Email(string text) => EmailAddress.Parse(text, null);

    public static async Task<TestIdentity> CreateAsync(
        DatabaseProvider provider, Action<IdentityOptions>? configure = null, Action<IServiceCollection>? services = null, string? connection = null)
    {
        connection ??= provider == DatabaseProvider.Postgres ? await PostgresAsync() : null;
        var identity = Create(provider, connection, new TempDirectory(), new ManualTime(), configure, services, ownsDirectory: true);
        await identity.Get<Migrator>().UpAsync();
        await identity.Get<SigningKeys>().LoadAsync();
        await identity.Feed.PollAsync();
        return identity;
    }

    /// <summary>Another node on the same database and clock, with a memory of its own.</summary>
    public async Task<TestIdentity> AnotherAsync(Action<IdentityOptions>? configure = null)
    {
        var options = Get<IOptions<DatabaseOptions>>().Value;
        var other = Create(options.Provider, options.ConnectionString, _directory, Time, configure, null, ownsDirectory: false);
        await other.Get<SigningKeys>().LoadAsync();
        await other.Feed.PollAsync();
        return other;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>An account with a password.</summary>
    public async Task<Account> AddAsync(string email, string password = "correct horse battery", params string[] roles)
    {
        var result = await Accounts.CreateAsync(new NewAccount(Email(email), null, password, roles, IsEmailVerified: true), From());
        Assert.Equal(AccountStatus.Done, result.Status);
        return result.Account!;
    }

    /// <summary>A log-in that must succeed.</summary>
    public async Task<SessionTokens> LogInAsync(string email, string password = "correct horse battery", SessionKind kind = SessionKind.Token, string address = "203.0.113.7")
    {
        var result = await LogIn.TryAsync(Email(email), password, Client(kind, address));
        Assert.Equal(LogInStatus.LoggedIn, result.Status);
        return result.Tokens!;
    }

    /// <summary>Whether a credential lets in.</summary>
    public async Task<bool> LetsInAsync(string token) => await Credentials.FindAsync(token, null) is not null;

    public Task<List<AuditRow>> AuditAsync() => Database.QueryAsync<AuditRow>("SELECT actor, user_id, action, target, outcome, address, request_id, details FROM audit_log ORDER BY at, id");

    /// <summary>The mails that were written, oldest first, decoded.</summary>
    public IReadOnlyList<WrittenMail> Mails() => !Directory.Exists(MailDirectory)
        ? []
        : [.. Directory.GetFiles(MailDirectory, "*.eml").OrderBy(static file => File.GetLastWriteTimeUtc(file)).Select(WrittenMail.Read)];

    /// <summary>Sends the mail that waits.</summary>
    public async Task SendMailAsync()
    {
        foreach (var request in Get<WaitingMail>().Take())
        {
            await Get<MailDelivery>().SendAsync($"mail-{Interlocked.Increment(ref _sent)}", request, CancellationToken.None);
        }
    }

    /// <summary>Sends the mail that waits, and finds the secret in the newest.</summary>
    public async Task<string> LinkAsync()
    {
        await SendMailAsync();
        return Mails()[^1].Secret ?? throw new InvalidOperationException("The newest mail has no link.");
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (_ownsDirectory)
        {
            _directory.Dispose();
        }
    }

    private static async Task<string> PostgresAsync()
    {
        if (PostgresServer.Missing is { } missing)
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") is "true" or "1", missing);
            Assert.Skip(missing);
        }

        var server = await PostgresServer.SharedAsync();
        return await server.CreateDatabaseAsync();
    }

    private static TestIdentity Create(
        DatabaseProvider provider, string? connection, TempDirectory directory, ManualTime time, Action<IdentityOptions>? configure, Action<IServiceCollection>? add, bool ownsDirectory)
    {
        var log = new LogProbe();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(log));
        services.AddSingleton<TimeProvider>(time);
        services.AddDatabase(options =>
        {
            options.Provider = provider;
            options.ConnectionString = connection;
            options.SqliteFile = directory["test.db"];
            options.SqliteSynchronous = SqliteSynchronous.Normal;
        });
        services.AddSingleton<ISigningKeyHome>(provider2 => provider == DatabaseProvider.Postgres
            ? new DatabaseSigningKeys(provider2.GetRequiredService<Database>(), TimeSpan.FromDays(366), time)
            : new FileSigningKeys(directory["signing.key"], WriteFile, TimeSpan.FromDays(366), time));
        services.Configure<MailOptions>(mail =>
        {
            mail.Directory = directory["mail"];
            mail.From = "Tests <tests@example.com>";
            mail.VerifyUrl = "https://app.example.com/#/verify-email?token={token}";
            mail.ResetUrl = "https://app.example.com/#/reset-password?token={token}";
        });
        services.AddSingleton<WaitingMail>();
        services.AddSingleton<IMailOutbox>(static provider2 => provider2.GetRequiredService<WaitingMail>());
        services.AddIdentity(options =>
        {
            // The real number is for the real program; here the work counts, not its size.
            options.PasswordIterations = 1_000;
            options.HashingQueue = 1_000;
            configure?.Invoke(options);
        });
        services.RemoveAll<IValidateOptions<IdentityOptions>>();
        add?.Invoke(services);
        return new TestIdentity(directory, services.BuildServiceProvider(), time, log, ownsDirectory);
    }

    public static void WriteFile(string path, string content, bool replace)
    {
        if (replace || !File.Exists(path))
        {
            File.WriteAllText(path, content);
        }
    }

    internal sealed record AuditRow
    {
        public string Actor { get; init; } = "";

        public string? UserId { get; init; }

        public string Action { get; init; } = "";

        public string? Target { get; init; }

        public string Outcome { get; init; } = "";

        public string? Address { get; init; }

        public string? RequestId { get; init; }

        public string? Details { get; init; }
    }
}
