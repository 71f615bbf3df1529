using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Makes an earlier instance end: asks it once, then waits as long as it said it would take.</summary>
internal sealed class TakeOver(TextWriter notices, TimeProvider time, ILogger logger)
{
    private const int Terminate = 15;
    private const int Kill = 9;

    /// <summary>What an instance has beyond its own deadline before it counts as stuck.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>Returns once the instance has ended.</summary>
    /// <param name="record">Who it is.</param>
    /// <param name="directory">Its data directory.</param>
    /// <param name="wanted">What it holds, for people.</param>
    /// <param name="cancellationToken">Gives up the wait; the instance goes on ending.</param>
    /// <exception cref="PreflightException">It can't be proven to be the instance, or does not end.</exception>
    public async Task EndAsync(InstanceRecord record, string directory, string wanted, CancellationToken cancellationToken)
    {
        // What the descriptor holds can't change any more: a check that passes now is a check of what is signalled.
        using var process = Pidfd.Open(record.Pid);
        var proof = InstanceProof.Of(record, directory);
        if (process is null || proof.Process is not { } facts || !proof.Holds)
        {
            if (ProcessIdentity.Find(record.Pid) is null)
            {
                return;
            }

            throw Refusal(record, wanted, proof.Doubt ?? "this kernel (older than Linux 5.3, or a sandbox) can't hold a process while it is signalled");
        }

        // Several that start at the same moment would each signal, and a second signal makes it drop everybody at once.
        using var turn = InstanceLock.TryTake(directory, InstanceLock.TurnName);
        var asked = time.GetTimestamp();
        var latest = Latest(record, directory);
        var seconds = latest.DrainSeconds;
        if (turn is null || latest.State == InstanceState.Draining)
        {
            logger.WaitsForEarlierInstance(record.Pid, wanted, seconds);
            await SayAsync($"Process {record.Pid}, the earlier instance, still drains and holds {wanted}. Waiting for it to end ({Text(seconds)} s in all at most).").ConfigureAwait(false);
        }
        else
        {
            logger.TakesOver(record.Pid, wanted, seconds);
            await SayAsync($"{wanted} is held by process {record.Pid} ({facts.Command}), an earlier instance. It was asked to stop; waiting until it has drained ({Text(seconds)} s at most).").ConfigureAwait(false);
            process.Send(Terminate);
        }

        while (!await process.WaitAsync(Look, cancellationToken).ConfigureAwait(false))
        {
            latest = Latest(record, directory);
            var isAnnounced = latest.State == InstanceState.Draining && latest.DrainDeadline is not null;
            var isOver = isAnnounced
                ? time.GetUtcNow() > latest.DrainDeadline + Grace
                : time.GetElapsedTime(asked) > TimeSpan.FromSeconds(latest.DrainSeconds) + Grace;
            if (isOver)
            {
                await EndStuckAsync(process, record, wanted, isAnnounced, cancellationToken).ConfigureAwait(false);
                break;
            }
        }

        logger.EarlierInstanceEnded(record.Pid, Math.Round(time.GetElapsedTime(asked).TotalSeconds, 3));
    }

    private static InstanceRecord Latest(InstanceRecord record, string directory) =>
        InstanceRecord.TryRead(Path.Combine(directory, InstanceLock.RecordName)) is { } latest && latest.InstanceId == record.InstanceId ? latest : record;

    private static string Text(double seconds) => seconds.ToString("0.#", CultureInfo.InvariantCulture);

    private static PreflightException Refusal(InstanceRecord record, string wanted, string why) => new(
        ExitCode.PortHeld,
        $"{wanted} is held by process {record.Pid}, which may be an earlier instance of this service, but {why}. It was not signalled. Stop it yourself, or listen elsewhere with --Server:Urls=http://127.0.0.1:PORT and another --Server:DataDirectory.");

    /// <summary>Kills only what has outlived the end it announced itself; one that never answered may be in the middle of anything.</summary>
    private async Task EndStuckAsync(Pidfd process, InstanceRecord record, string wanted, bool isAnnounced, CancellationToken cancellationToken)
    {
        if (isAnnounced)
        {
            logger.KillsEarlierInstance(record.Pid);
            await SayAsync($"Process {record.Pid} is past the end it announced: killing it.").ConfigureAwait(false);
            process.Send(Kill);
            if (await process.WaitAsync(KillLimit, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }

        throw new PreflightException(
            ExitCode.PortHeld,
            $"{wanted} is still held by process {record.Pid}, the earlier instance, which was asked to stop and did not. Look at what it does, or end it with kill -9 {record.Pid}; then start again.");
    }

    private async Task SayAsync(string text)
    {
        await notices.WriteLineAsync(text).ConfigureAwait(false);
        await notices.FlushAsync(CancellationToken.None).ConfigureAwait(false);
    }
}
