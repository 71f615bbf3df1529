using Causeway.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Makes a service stop in order: it says so, runs its steps, then closes.</summary>
public static class DrainServiceCollectionExtensions
{
    /// <summary>Adds <see cref="DrainState"/> and the drain itself, and gives the host the time it needs.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets the window.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddDrain(this IServiceCollection services, Action<DrainOptions>? configure = null)
    {
        services.AddOptions<DrainOptions>()
            .Configure(options => configure?.Invoke(options))
            .Validate(static options => !options.Validate().Any(), "The drain window must be 0 s to 1 h.")
            .ValidateOnStart();
        services.AddOptions<HostOptions>().Configure<IOptions<DrainOptions>>(static (host, drain) =>
            host.ShutdownTimeout = drain.Value.Window + DrainOptions.Grace);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<DrainState>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DrainService>());
        return services;
    }

    /// <summary>Adds a step that may take a part of the whole window.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">For the log, such as <c>connections</c>.</param>
    /// <param name="order">Lower runs first; equal ones in the order they were added.</param>
    /// <param name="share">Over 0, at most 1; less is given when earlier steps left less.</param>
    /// <param name="runAsync">The work. It should end soon after its token is cancelled; it is left behind when it does not.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddDrainStep(
        this IServiceCollection services, string name, int order, double share, Func<DrainContext, CancellationToken, Task> runAsync)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        return services.AddSingleton(new DrainStep(name, order, share, null, runAsync));
    }

    /// <summary>Adds a step that may take a fixed time.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">For the log, such as <c>jobs</c>.</param>
    /// <param name="order">Lower runs first; equal ones in the order they were added.</param>
    /// <param name="budget">Over zero; less is given when earlier steps left less.</param>
    /// <param name="runAsync">The work. It should end soon after its token is cancelled; it is left behind when it does not.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddDrainStep(
        this IServiceCollection services, string name, int order, TimeSpan budget, Func<DrainContext, CancellationToken, Task> runAsync)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(budget, TimeSpan.Zero);
        return services.AddSingleton(new DrainStep(name, order, null, budget, runAsync));
    }
}
