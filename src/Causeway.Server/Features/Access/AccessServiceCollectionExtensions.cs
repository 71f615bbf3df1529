using Causeway.Hosting;
using Causeway.Http;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Adds who is let in, to the API and to the live service alike.</summary>
internal static class AccessServiceCollectionExtensions
{
    public static IServiceCollection AddAccess(this IServiceCollection services, ServerSettings settings)
    {
        // Made here and not on first use: a key file that can't be read must fail the start, and the files must be there before anyone asks.
        var (adminToken, keys) = Keys(settings);
        services.AddSingleton(adminToken);
        services.AddSingleton(keys);
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<AccessMetrics>();
        services.AddSingleton(provider => new CallerResolver(
            adminToken, provider.GetRequiredService<AccessTokens>(), provider.GetRequiredService<Exposure>(), settings.Auth.AllowQueryToken));
        services.AddSingleton<IRealtimeAuthenticator, RealtimeAuthenticator>();
        return services;
    }

    private static (AdminToken Admin, SigningKeys Signing) Keys(ServerSettings settings)
    {
        try
        {
            PrivateDirectory.Create(settings.DataDirectory);
            return (AdminToken.LoadOrCreate(settings.DataDirectory), SigningKeys.Load([.. settings.Auth.SigningKeys], settings.DataDirectory));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"The data directory {settings.DataDirectory} can't be used: {exception.Message.TrimEnd('.')}. Give another one with --Server:DataDirectory=PATH.", exception);
        }
    }
}
