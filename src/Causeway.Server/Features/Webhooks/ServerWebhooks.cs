using Causeway.Identity;
using Causeway.Jobs;
using Causeway.Realtime;
using Causeway.Realtime.Sql;

namespace Causeway.Server;

/// <summary>Webhooks as a part of the service: who is told of what, and the jobs that do it.</summary>
internal static class ServerWebhooks
{
    public static IServiceCollection AddServerWebhooks(this IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton<WebhookStore>();
        services.AddSingleton<WebhookSubscriptions>();
        services.AddSingleton<WebhookEvents>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton<WebhooksMetrics>();
        services.AddSingleton<WebhookDesk>();
        services.AddSingleton<IAuditFollower, ChangeEvents>();
        services.AddSingleton<IRoomLogFollower, StoredMessageEvents>();
        services.AddSingleton<ILostNodeFollower, LostNodeEvents>();
        services.AddSingleton<LiveEvents>();
        services.AddSingleton<ILiveObserver>(static provider => provider.GetRequiredService<LiveEvents>());
        services.AddHostedService(static provider => provider.GetRequiredService<LiveEvents>());

        // Behind the live connections, whose ends are told of too, and before the jobs.
        services.AddDrainStep("webhook events", order: 25, share: 0.2, static (context, cancellationToken) => context.Services.GetRequiredService<LiveEvents>().FlushAsync(cancellationToken));
        services.AddSingleton(provider => new EndpointLanes(
            settings.Webhooks.PerEndpoint, Math.Max(settings.Webhooks.PerEndpoint, settings.Jobs.Workers - 1), provider.GetRequiredService<TimeProvider>()));
        services.AddJob<DeliverWebhook, DeliverWebhookHandler>(DeliverWebhookHandler.Kind, kind =>
        {
            kind.Queue = DeliverWebhookHandler.Queue;
            kind.MaxAttempts = settings.Webhooks.MaxAttempts;
            kind.Timeout = TimeSpan.FromSeconds(settings.Webhooks.TimeoutSeconds + 30);
        });
        services.AddLoop(
            "webhook subscriptions",
            TimeSpan.FromSeconds(1),
            static (context, cancellationToken) => context.Services.GetRequiredService<WebhookSubscriptions>().RefreshAsync(cancellationToken),
            static loop =>
            {
                loop.Deadline = TimeSpan.FromSeconds(10);
                loop.RetryMin = TimeSpan.FromSeconds(1);
                loop.RetryMax = TimeSpan.FromSeconds(5);
            });
        services.AddLoop("webhook lanes", TimeSpan.FromMinutes(10), static (context, cancellationToken) => ForgetLanesAsync(context.Services, cancellationToken));
        return services.AddUpkeep<WebhookRetention>();
    }

    /// <summary>Lanes of endpoints that nobody is told of any more are in this node's memory alone.</summary>
    private static async Task ForgetLanesAsync(IServiceProvider provider, CancellationToken cancellationToken)
    {
        var active = (await provider.GetRequiredService<WebhookStore>().ListActiveAsync(cancellationToken)).Select(static row => row.Id).ToHashSet(StringComparer.Ordinal);
        provider.GetRequiredService<EndpointLanes>().Forget(endpoint => !active.Contains(endpoint));
    }
}
