using Causeway.Hosting;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Rate limits as the server has them: whom a request counts for, and their reload.</summary>
internal static class ServerRateLimits
{
    private const string UserPrefix = "user:";

    public static IServiceCollection AddServerRateLimits(this IServiceCollection services, ServerSettings settings)
    {
        services.AddRateLimits();
        services.AddOptions<RateLimitOptions>().Configure<Exposure, CurrentSettings>((limits, exposure, current) =>
        {
            limits.MaxKeys = settings.RateLimits.MaxKeys;
            limits.Caller = context => CallerOf(context, exposure, current);
            foreach (var (name, policy) in settings.RateLimits.Policies())
            {
                limits.Policies[name] = policy;
            }
        });
        services.AddReload(
            "rate limits",
            order: 10,
            ["RateLimits:Enabled", "RateLimits:Default", "RateLimits:Auth", "RateLimits:AuthAccount", "RateLimits:Publish", "RateLimits:Upload"],
            static (context, _) =>
            {
                if (context.ChangedKeys.Count > 0)
                {
                    var limiter = context.Services.GetRequiredService<RateLimiter>();
                    foreach (var (name, policy) in context.Services.GetRequiredService<CurrentSettings>().Value.RateLimits.Policies())
                    {
                        limiter.Replace(name, policy);
                    }

                    context.Report(string.Join(", ", context.ChangedKeys));
                }

                return Task.CompletedTask;
            });
        return services;
    }

    /// <summary>A user by name, whichever of their credentials it is; else the credential; else the network. The local admin is nobody to guard against.</summary>
    private static RateLimitCaller CallerOf(HttpContext context, Exposure exposure, CurrentSettings current)
    {
        if (!current.Value.RateLimits.Enabled)
        {
            return RateLimitCaller.Exempt;
        }

        return context.Features.Get<Caller>() switch
        {
            null => exposure.IsLocal && LocalAccess.IsLocal(context, exposure) ? RateLimitCaller.Exempt : RateLimitCaller.Network,
            { } caller when ReferenceEquals(caller, Caller.LocalAdmin) => RateLimitCaller.Exempt,
            { UserId: { } user } caller when !caller.Principal.StartsWith(UserPrefix, StringComparison.Ordinal) => RateLimitCaller.Named(UserPrefix + user),
            { } caller => RateLimitCaller.Named(caller.Principal),
        };
    }
}
