using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Causeway.Hosting;

/// <summary>
/// Makes sure, before anything opens, that the data directory and every address are this instance's own: an earlier instance is asked to stop and
/// waited for, anybody else is named and left alone. Then says where the instance is in its life until it ends.
/// </summary>
internal sealed class PortPreflight(
    IServiceProvider services,
    IEnumerable<PreflightStep> steps,
    IOptions<PortPreflightOptions> options,
    IOptions<HostOptions> host,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<PortPreflight> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>A holder that can be seen is no socket that is still closing; this is for the moment between two looks.</summary>
    private static readonly TimeSpan KnownHolderLimit = TimeSpan.FromMilliseconds(250);

    /// <summary>The kernel closes sockets behind the back of the process that ended.</summary>
    private static readonly TimeSpan ClosingLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    private readonly string _directory = Path.GetFullPath(options.Value.DataDirectory);
    private readonly List<CancellationTokenRegistration> _registrations = [];
    private Instance? _instance;

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => RunAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs once, however often it is called; the host's runner calls it first, the host itself again.</summary>
    /// <exception cref="PreflightException">The start can't go on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (_instance is not null)
        {
            return;
        }

        if (!OperatingSystem.IsLinux())
        {
            logger.PreflightNeedsLinux();
            return;
        }

        var addresses = Urls().Select(ListenAddress.Parse).ToList();
        var takeOver = new TakeOver(options.Value.Notices, time, logger);
        var home = new DataDirectoryClaim(_directory, options.Value.TakeOver, takeOver, time);
        var held = await home.TakeAsync([.. addresses.Concat(options.Value.InheritedUrls.Select(ListenAddress.Parse))], cancellationToken).ConfigureAwait(false);
        _instance = new Instance(held, _directory, OwnRecord(), logger);
        foreach (var step in steps.OrderBy(static step => step.Order))
        {
            await step.RunAsync(services, cancellationToken).ConfigureAwait(false);
            logger.PreflightStepDone(step.Name);
        }

        foreach (var address in addresses)
        {
            await FreeAsync(address, takeOver, cancellationToken).ConfigureAwait(false);
        }

        _registrations.Add(lifetime.ApplicationStarted.Register(() => _instance.Update(record => record with { State = InstanceState.Running, Urls = [.. Urls(), .. options.Value.InheritedUrls] })));
        _registrations.Add(lifetime.ApplicationStopping.Register(() => _instance.Update(record => record with { State = InstanceState.Draining, DrainDeadline = time.GetUtcNow() + host.Value.ShutdownTimeout })));
    }

    /// <summary>Removes the record and lets go of the data directory.</summary>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _instance?.Dispose();
    }

    private List<string> Urls()
    {
        if (options.Value.Urls.Count > 0)
        {
            return [.. options.Value.Urls];
        }

        // Before the start the server knows those that were given to it; "urls" of the configuration reach it only then.
        var given = services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var configured = services.GetService<IConfiguration>()?["urls"]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        return given.Count > 0 ? [.. given] : [.. configured];
    }

    private InstanceRecord OwnRecord()
    {
        var own = ProcessFacts.TryRead(Environment.ProcessId) ?? throw new PreflightException(ExitCode.Failed, "/proc does not show this process; the port preflight needs it.");
        return new InstanceRecord
        {
            Pid = own.Pid,
            StartTicks = own.Identity.StartTicks,
            BootId = own.Identity.BootId,
            Executable = own.Executable,
            CommandLine = own.CommandLine,
            DataDirectory = Path.GetDirectoryName(InstanceLock.PathIn(_directory)) ?? _directory,
            UserId = own.UserId,
            InstanceId = Guid.CreateVersion7(),
            Version = options.Value.Version,
            Urls = [.. Urls(), .. options.Value.InheritedUrls],
            DrainSeconds = host.Value.ShutdownTimeout.TotalSeconds,
            StartedAt = time.GetUtcNow(),
            State = InstanceState.Starting,
        };
    }

    /// <summary>Returns once every socket of an address can be bound.</summary>
    private async Task FreeAsync(ListenAddress address, TakeOver takeOver, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        while (address.EndPoints.FirstOrDefault(static endPoint => !ListenAddress.IsFree(endPoint)) is { } held)
        {
            var holders = PortInspection.Holders([held], _directory);
            var others = holders.Where(static holder => holder.Kind == HolderKind.OtherInstance && holder.IsListening).ToList();
            if (options.Value.TakeOver == TakeOverMode.Any && others.Count > 0 && others.Count == holders.Count(static holder => holder.IsListening))
            {
                await EndOthersAsync(others, address.Url, takeOver, cancellationToken).ConfigureAwait(false);
                since = time.GetTimestamp();
                continue;
            }

            var limit = holders.Any(static holder => holder.Pid is not null) ? KnownHolderLimit : ClosingLimit;
            if (time.GetElapsedTime(since) > limit)
            {
                throw new PreflightException(ExitCode.PortHeld, PortHeldMessage.For(address.Url, holders));
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task EndOthersAsync(List<PortHolder> others, string url, TakeOver takeOver, CancellationToken cancellationToken)
    {
        foreach (var other in others)
        {
            if (InstanceProof.InstanceOf(other.Pid!.Value, out var directory) is { } record)
            {
                await takeOver.EndAsync(record, directory, url, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
