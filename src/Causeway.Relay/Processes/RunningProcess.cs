using Causeway.Hosting;
using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>One life of a backend's process, with the threads that read its output.</summary>
internal sealed class RunningProcess
{
    /// <summary>What somebody else may keep a pipe open after the process has ended.</summary>
    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    private readonly Task _output;
    private string? _lastOutput;
    private string? _lastError;

    public RunningProcess(ChildProcess child, BackendOutput output, ILogger logger)
    {
        Child = child;
        _output = Task.WhenAll(
            OutputReader.Start($"{child.Name} stdout", child.Output, line => Take(OutputSource.Output, line)),
            OutputReader.Start($"{child.Name} stderr", child.Error, line => Take(OutputSource.Error, line)));

        void Take(OutputSource source, string line)
        {
            output.Add(source, line);
            if (line.Length > 0)
            {
                Volatile.Write(ref source == OutputSource.Output ? ref _lastOutput : ref _lastError, line);
            }

            logger.BackendLine(child.Name, source == OutputSource.Output ? "stdout" : "stderr", line);
        }
    }

    public ChildProcess Child { get; }

    /// <summary>What most likely says why it ended.</summary>
    public string? LastLine => Volatile.Read(ref _lastError) ?? Volatile.Read(ref _lastOutput);

    public bool HasExited => Child.Exited.IsCompleted;

    /// <summary>Waits until it answers.</summary>
    /// <returns>False where it ended or took too long.</returns>
    /// <exception cref="OperationCanceledException">It is to be stopped.</exception>
    public async Task<bool> BecomeReadyAsync(ReadyProbe probe, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(limit, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var pause = FirstPause;
        try
        {
            while (!HasExited)
            {
                if (await probe.IsReadyAsync(end.Token).ConfigureAwait(false))
                {
                    return !HasExited;
                }

                await Task.WhenAny(Child.Exited, Task.Delay(pause, end.Token)).ConfigureAwait(false);
                end.Token.ThrowIfCancellationRequested();
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Too late.
        }

        return false;
    }

    /// <summary>Waits for the end and for the last line.</summary>
    public async Task<ChildExit> EndAsync()
    {
        var exit = await Child.Exited.ConfigureAwait(false);
        await _output.WaitAsync(OutputLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return exit;
    }
}
