using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>A running child of the service. It ends with the service, however that ends.</summary>
public sealed class ChildProcess
{
    /// <summary>What stays behind when the child ends by itself has this long before it is killed.</summary>
    private static readonly TimeSpan RestGrace = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Process _process;
    private readonly ChildRecord _record;
    private readonly bool _hasGroup;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource<ChildExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _killed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan? _grace;

    internal ChildProcess(Process process, ChildRecord record, bool hasGroup, ILogger logger)
    {
        _process = process;
        _record = record;
        _hasGroup = hasGroup;
        _logger = logger;
        ProcessId = process.Id;
        Output = process.StandardOutput.BaseStream;
        Error = process.StandardError.BaseStream;
    }

    /// <summary>Names it among all children ever: 32 hexadecimal digits, in its environment as <c>CAUSEWAY_CHILD</c>.</summary>
    public string Id => _record.Id;

    /// <summary>What people call it.</summary>
    public string Name => _record.Name;

    /// <summary>The system's id of the process: that of the configured program itself.</summary>
    public int ProcessId { get; }

    /// <summary>When it was started.</summary>
    public DateTimeOffset StartedAt => _record.StartedAt;

    /// <summary>What it writes to standard output. Somebody must read it, or the child stands still when the pipe is full.</summary>
    public Stream Output { get; }

    /// <summary>What it writes to standard error; to be read as well.</summary>
    public Stream Error { get; }

    /// <summary>Completes when the child has ended and nobody it started is left.</summary>
    public Task<ChildExit> Exited => _exited.Task;

    /// <summary>Asks the child and all of its group to stop (SIGTERM), and kills them when that takes too long.</summary>
    /// <param name="grace">How long they have; zero kills at once. On Windows they are always killed at once.</param>
    /// <param name="cancellationToken">Kills at once.</param>
    /// <returns>How it ended.</returns>
    public async Task<ChildExit> StopAsync(TimeSpan grace, CancellationToken cancellationToken = default)
    {
        _grace ??= grace;
        if (grace > TimeSpan.Zero && !cancellationToken.IsCancellationRequested && !OperatingSystem.IsWindows())
        {
            Ask();
            try
            {
                return await Exited.WaitAsync(grace, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                _logger.ChildKilled(Name, ProcessId, grace.TotalSeconds);
            }
            catch (OperationCanceledException)
            {
                // Killed below.
            }
        }

        Kill();
        return await Exited.ConfigureAwait(false);
    }

    /// <summary>Begins to wait for the end.</summary>
    /// <param name="ended">Called when nobody is left, before <see cref="Exited"/> completes.</param>
    internal void Watch(Func<ChildProcess, Task> ended) => _ = WatchAsync(ended);

    private async Task WatchAsync(Func<ChildProcess, Task> ended)
    {
        try
        {
            await _process.WaitForExitAsync().ConfigureAwait(false);
            var exit = new ChildExit(_process.ExitCode);
            await EndRestAsync().ConfigureAwait(false);
            _logger.ChildEnded(Name, ProcessId, exit);
            await ended(this).ConfigureAwait(false);
            _exited.SetResult(exit);
        }
        catch (Exception exception)
        {
            _exited.SetException(exception);
        }
    }

    /// <summary>The child itself is gone; those it started get the rest of their time to go, too.</summary>
    private async Task EndRestAsync()
    {
        if (!_hasGroup)
        {
            return;
        }

        if (_grace is null)
        {
            SendToGroup(Signals.Terminate);
        }

        using var limit = new CancellationTokenSource(_grace ?? RestGrace);
        while (GroupIsOurs() && HasLiveMembers() && !limit.IsCancellationRequested && !_killed.Task.IsCompleted)
        {
            await Task.WhenAny(_killed.Task, Task.Delay(Pause, CancellationToken.None)).ConfigureAwait(false);
        }

        SendToGroup(Signals.Kill);
        await new Survivors(_record, _logger).EndAsync(_killed.Task.IsCompleted ? TimeSpan.Zero : RestGrace, CancellationToken.None).ConfigureAwait(false);
    }

    private void Ask()
    {
        if (_hasGroup && SendToGroup(Signals.Terminate))
        {
            return;
        }

        // Between the start of the chain and its first step there is no group yet.
        using var held = Pidfd.Open(_record.Child!);
        if (held is not null)
        {
            held.Send(Signals.Terminate);
        }
        else if (!OperatingSystem.IsLinux() && !_process.HasExited)
        {
            Signals.SendToChild(ProcessId, Signals.Terminate);
        }
    }

    private void Kill()
    {
        _killed.TrySetResult();
        if (_hasGroup)
        {
            SendToGroup(Signals.Kill);
        }

        try
        {
            _process.Kill(entireProcessTree: !_hasGroup);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    private bool SendToGroup(int signal) => GroupIsOurs() && Signals.SendToGroup(ProcessId, signal);

    /// <summary>A group keeps its number for as long as it has members; without any, the number may come to belong to a stranger.</summary>
    private bool GroupIsOurs() =>
        Signals.HasMembers(ProcessId) && (ProcessTable.Stat(ProcessId) is not { } stat || stat.StartTicks == _record.Child!.StartTicks);

    /// <summary>Members that have ended but that nobody waited for don't count.</summary>
    private bool HasLiveMembers() =>
        ProcessTable.Ids().Any(id => ProcessTable.Stat(id) is { HasEnded: false } stat && stat.GroupId == ProcessId);
}
