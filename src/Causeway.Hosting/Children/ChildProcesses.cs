using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Starts children that don't outlive the service: not its orderly end, not its crash, not <c>kill -9</c>. Registered by <c>AddChildren</c>.</summary>
public sealed class ChildProcesses : IAsyncDisposable
{
    private readonly ChildJournal _journal;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Guardian _guardian;
    private readonly SpawnTools? _tools;
    private readonly ConcurrentDictionary<string, ChildProcess> _running = new(StringComparer.Ordinal);
    private int _hasToldLimits;
    private volatile bool _isClosed;

    /// <param name="journal">The children on disk.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of every start and end.</param>
    /// <param name="tools">What the machine has; null to look.</param>
    internal ChildProcesses(ChildJournal journal, TimeProvider time, ILogger<ChildProcesses> logger, SpawnTools? tools = null)
    {
        _tools = tools;
        _journal = journal;
        _time = time;
        _logger = logger;
        _guardian = new Guardian(logger);
    }

    /// <summary>Those that run now.</summary>
    public IReadOnlyCollection<ChildProcess> Running => [.. _running.Values];

    internal int? GuardianId => _guardian.ProcessId;

    /// <summary>Starts a child.</summary>
    /// <param name="start">What, where and as whom.</param>
    /// <param name="cancellationToken">Gives up before it is started; a started child is not stopped by it.</param>
    /// <returns>The running child. Its output must be read.</returns>
    /// <exception cref="ChildStartException">It can't be started; the message says why.</exception>
    public async Task<ChildProcess> StartAsync(ChildStart start, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(start);
        ObjectDisposedException.ThrowIf(_isClosed, this);
        cancellationToken.ThrowIfCancellationRequested();
        var tools = _tools ?? await SpawnTools.OfThisMachine.ConfigureAwait(false);
        TellLimits(tools);
        var record = new ChildRecord
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            Name = start.Name,
            Command = start.Command,
            Owner = ProcessIdentity.Own,
            StartedAt = _time.GetUtcNow(),
        };
        var command = ChildCommand.Prepare(start, record.Id, tools);
        var child = await SpawnAsync(start, command, record, tools.SetSid is not null).ConfigureAwait(false);
        _logger.ChildStarted(child.Name, child.ProcessId, ChildrenLog.Named(start.Command[0], start.Command.Count - 1));
        return child;
    }

    /// <summary>Stops every child that runs.</summary>
    /// <param name="grace">How long each has between SIGTERM and SIGKILL.</param>
    /// <param name="cancellationToken">Kills at once.</param>
    public Task StopAllAsync(TimeSpan grace, CancellationToken cancellationToken = default) =>
        Task.WhenAll(_running.Values.Select(child => child.StopAsync(grace, cancellationToken)));

    /// <summary>Kills what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        _isClosed = true;
        await StopAllAsync(TimeSpan.Zero).ConfigureAwait(false);
        await _guardian.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<ChildProcess> SpawnAsync(ChildStart start, ProcessStartInfo command, ChildRecord record, bool hasGroup)
    {
        Record(record);
        Process process;
        try
        {
            process = await Spawner.StartAsync(command).ConfigureAwait(false);
        }
        catch (Win32Exception exception)
        {
            _journal.Delete(record.Id);
            throw new ChildStartException($"'{start.Command[0]}' could not be started: {exception.Message}", exception);
        }

        if (command.RedirectStandardInput)
        {
            process.StandardInput.Close();
        }

        record = record with { Child = IdentityOf(process.Id) };
        var child = new ChildProcess(process, record, hasGroup, _logger);
        _running[child.Id] = child;
        await CompleteAsync(record, hasGroup).ConfigureAwait(false);
        child.Watch(ForgetAsync);
        if (_isClosed)
        {
            await child.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        }

        return child;
    }

    private void Record(ChildRecord record)
    {
        try
        {
            _journal.Write(record);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ChildStartException("It is not started, since its record can't be written to the data directory.", exception);
        }
    }

    /// <summary>Adds to the record who the child is. Without that the mark in the child's environment still tells.</summary>
    private async Task CompleteAsync(ChildRecord record, bool hasGroup)
    {
        try
        {
            _journal.Write(record);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _logger.RecordNotCompleted(record.Name, exception);
        }

        if (hasGroup)
        {
            await _guardian.AddAsync(record.Child!, record.Id).ConfigureAwait(false);
        }
    }

    /// <summary>Also of one that has ended already: its group may have members.</summary>
    private static ProcessIdentity IdentityOf(int processId) =>
        ProcessTable.Stat(processId) is { } stat
            ? new ProcessIdentity(processId, stat.StartTicks, ProcessTable.BootId)
            : ProcessIdentity.Find(processId) ?? new ProcessIdentity(processId, -1, ProcessTable.BootId);

    private async Task ForgetAsync(ChildProcess child)
    {
        _running.TryRemove(child.Id, out _);
        _journal.Delete(child.Id);
        await _guardian.RemoveAsync(child.ProcessId).ConfigureAwait(false);
    }

    /// <summary>Says once what this machine can't do.</summary>
    private void TellLimits(SpawnTools tools)
    {
        if (tools.SetPriv is null && Interlocked.Exchange(ref _hasToldLimits, 1) == 0)
        {
            _logger.NoParentDeathSignal(
                OperatingSystem.IsLinux() ? "setpriv (util-linux) is not installed" : "only Linux can",
                tools.SetSid is not null ? "a guardian process" : "nobody, and stay until they are ended by hand");
        }
    }
}
