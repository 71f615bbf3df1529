using Causeway.Identity;
using Causeway.Jobs;

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
        services.AddSingleton<WebhookUpkeep>();
        services.AddSingleton<WebhookDesk>();
        services.AddSingleton<IAuditFollower, ChangeEvents>();
        services.AddSingleton(provider => new EndpointLanes(settings.Webhooks.PerEndpoint, provider.GetRequiredService<TimeProvider>()));
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
        return services.AddLoop(
            "webhook clean-up", TimeSpan.FromMinutes(10), static (context, cancellationToken) => context.Services.GetRequiredService<WebhookUpkeep>().RunAsync(cancellationToken));
    }
}
