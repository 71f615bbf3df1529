using Causeway.Data;
using Causeway.Hosting;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Accounts as a part of the service: their keys, their limits, and what has to be done from time to time.</summary>
internal static class ServerIdentity
{
    // After the database is up; at the stop before it is closed.
    private const int AfterDatabase = -900;

    // Longer than any token lives: a year is the longest that causeway token create makes.
    private static readonly TimeSpan KeysAreKept = TimeSpan.FromDays(366);

    /// <summary>Accounts with what the command line needs of them.</summary>
    public static IServiceCollection AddServerAccounts(this IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton(provider => KeysOf(settings, provider));
        services.AddSingleton(static provider => new SigningKeys(provider.GetRequiredService<ISigningKeyHome>(), provider.GetRequiredService<TimeProvider>()));
        return services.AddIdentity(settings.Apply);
    }

    /// <summary>The same within the running service.</summary>
    public static IServiceCollection AddServerIdentity(this IServiceCollection services)
    {
        services.AddLifespanStep(
            "accounts",
            AfterDatabase,
            TimeSpan.FromSeconds(30),
            StartAsync,
            static (provider, cancellationToken) => provider.GetRequiredService<IdentityUpkeep>().FinishAsync(cancellationToken));
        services.AddLoop(
            "access changes",
            TimeSpan.FromMilliseconds(500),
            static (context, cancellationToken) => context.Services.GetRequiredService<AccessFeed>().PollAsync(cancellationToken),
            static loop =>
            {
                loop.Deadline = TimeSpan.FromSeconds(10);
                loop.RetryMin = TimeSpan.FromMilliseconds(500);
                loop.RetryMax = TimeSpan.FromSeconds(2);
            });
        services.AddLoop(
            "account notes",
            TimeSpan.FromSeconds(1),
            static (context, cancellationToken) => context.Services.GetRequiredService<IdentityUpkeep>().FlushAsync(cancellationToken),
            static loop => loop.RetryMax = TimeSpan.FromSeconds(10));
        services.AddLoop(
            "signing keys",
            TimeSpan.FromHours(1),
            static (context, cancellationToken) => context.Services.GetRequiredService<IdentityUpkeep>().LoadKeysAsync(cancellationToken),
            static loop => loop.RunAtStart = false);
        return services.AddUpkeep<AccountRetention>();
    }

    private static async Task StartAsync(IServiceProvider provider, CancellationToken cancellationToken)
    {
        try
        {
            await provider.GetRequiredService<SigningKeys>().GetAsync(cancellationToken);
            await provider.GetRequiredService<AccessFeed>().PollAsync(cancellationToken);
        }
        catch (DatabaseUnavailableException)
        {
            // The database says so itself, and the first who needs the keys loads them.
        }
    }

    private static ISigningKeyHome KeysOf(ServerSettings settings, IServiceProvider provider)
    {
        if (settings.Auth.SigningKeys.Count > 0)
        {
            return new ConfiguredSigningKeys(new SigningKeyRing([.. settings.Auth.SigningKeys.Select(static key => new SigningKey(key.Id!, Convert.FromBase64String(key.Key!)))]));
        }

        var time = provider.GetRequiredService<TimeProvider>();
        return settings.Database.Provider == DatabaseProvider.Postgres
            ? new DatabaseSigningKeys(provider.GetRequiredService<Database>(), KeysAreKept, time)
            : FileKeys(settings, time);
    }

    /// <summary>The keys of a data directory.</summary>
    public static FileSigningKeys FileKeys(ServerSettings settings, TimeProvider time) => new(
        Path.Combine(settings.DataDirectory, "signing.key"),
        static (path, content, replace) =>
        {
            if (replace)
            {
                PrivateFile.Write(path, content);
            }
            else
            {
                PrivateFile.TryCreate(path, System.Text.Encoding.ASCII.GetBytes(content));
            }
        },
        KeysAreKept,
        time);
}
