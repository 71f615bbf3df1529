using Causeway.Data;
using Causeway.Hosting;
using Causeway.Http;
using Causeway.Identity;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Adds who is let in, to the API and to the live service alike.</summary>
internal static class AccessServiceCollectionExtensions
{
    public static IServiceCollection AddAccess(this IServiceCollection services, ServerSettings settings)
    {
        // Made here and not on first use: a key file that can't be read must fail the start, and the files must be there before anyone asks.
        var adminToken = Keys(settings);
        services.AddSingleton(adminToken);
        services.AddSingleton<AccessMetrics>();
        services.AddSingleton<RefusedRequests>();
        services.AddSingleton<SessionCookie>();
        services.AddSingleton(provider => new RegistrationRule(settings.Auth.AllowRegistration ?? provider.GetRequiredService<Exposure>().IsLocal));
        services.AddSingleton<UserNames>();
        services.AddSingleton(provider => new CallerResolver(
            adminToken,
            provider.GetRequiredService<Credentials>(),
            provider.GetRequiredService<SessionCookie>(),
            provider.GetRequiredService<UserNames>(),
            provider.GetRequiredService<Exposure>(),
            settings.Auth.AllowQueryToken));
        services.AddSingleton<IRealtimeAuthenticator, RealtimeAuthenticator>();
        services.AddHostedService<LiveAccess>();
        return services.AddServerIdentity();
    }

    private static AdminToken Keys(ServerSettings settings)
    {
        try
        {
            PrivateDirectory.Create(settings.DataDirectory);
            var adminToken = AdminToken.LoadOrCreate(settings.DataDirectory);
            if (settings.Auth.SigningKeys.Count == 0 && settings.Database.Provider == DatabaseProvider.Sqlite)
            {
                ServerIdentity.FileKeys(settings, TimeProvider.System).Load();
            }

            return adminToken;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The data directory {settings.DataDirectory} can't be used: {exception.Message.TrimEnd('.')}. Give another one with --Server:DataDirectory=PATH.", exception);
        }
    }
}
