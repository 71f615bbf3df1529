using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds what has to be up before a service listens, and down after it stopped.</summary>
public static class LifespanServiceCollectionExtensions
{
    private static readonly TimeSpan MaxStop = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Adds a step. All run one after the other before the listeners open; the ones that ran are undone in reverse order after the listeners closed, or as soon as
    /// the start fails.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">For the log, <c>/ready</c> and the person who starts the service, such as <c>migrations</c>.</param>
    /// <param name="order">Lower starts first and stops last; equal ones in the order they were added.</param>
    /// <param name="deadline">What the start has; over zero. One that does not end is cancelled, then left behind.</param>
    /// <param name="start">Brings it up. What it throws ends the start with its message and code 1, where the step is required.</param>
    /// <param name="stop">Takes it down; null where there is nothing to do. Called only after a start that succeeded.</param>
    /// <param name="stopDeadline">What the stop has; over zero. Where null it is the start's, but no more than 15 s: whoever asked the service to stop waits for it.</param>
    /// <param name="required">Whether the service can't start without it. An optional step that fails degrades <c>/ready</c> and is tried again in the background.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddLifespanStep(
        this IServiceCollection services,
        string name,
        int order,
        TimeSpan deadline,
        Func<IServiceProvider, CancellationToken, Task> start,
        Func<IServiceProvider, CancellationToken, Task>? stop = null,
        TimeSpan? stopDeadline = null,
        bool required = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(deadline, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(stopDeadline ?? deadline, TimeSpan.Zero, nameof(stopDeadline));
        ArgumentNullException.ThrowIfNull(start);
        services.AddReadiness();
        if (!services.Any(static service => service.ServiceType == typeof(LifespanService)))
        {
            services.AddSingleton<LifespanService>();
            services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<LifespanService>());
            services.AddSingleton<IReadinessSource>(static provider => provider.GetRequiredService<LifespanService>());
        }

        return services.AddSingleton(new LifespanStep(name, order, deadline, stopDeadline ?? (deadline < MaxStop ? deadline : MaxStop), required, start, stop));
    }
}
