namespace Causeway.Hosting;

/// <summary>Takes a data directory for this instance, from an earlier one if that may be asked to stop.</summary>
internal sealed class DataDirectoryClaim(string directory, TakeOverMode mode, TakeOver takeOver, TimeProvider time)
{
    /// <summary>An instance that has the lock and no record yet is about to write it; one that has removed it is about to end.</summary>
    private static readonly TimeSpan RecordLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(40);

    /// <summary>Returns with the lock.</summary>
    /// <param name="wanted">The addresses this instance will serve.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PreflightException">Another process has it and keeps it.</exception>
    public async Task<InstanceLock> TakeAsync(IReadOnlyList<ListenAddress> wanted, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        Guid? seen = null;
        while (true)
        {
            if (InstanceLock.TryTake(directory) is { } held)
            {
                return held;
            }

            var record = InstanceRecord.TryRead(Path.Combine(directory, InstanceLock.RecordName));
            if (record is not null && InstanceProof.Of(record, directory).Holds)
            {
                await EndEarlierAsync(record, wanted, cancellationToken).ConfigureAwait(false);
                since = time.GetTimestamp();
            }
            else if (record?.InstanceId != seen)
            {
                // Another one came to have it in between: several start at once.
                (seen, since) = (record?.InstanceId, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(since) > RecordLimit)
            {
                throw new PreflightException(ExitCode.Failed, UnprovenMessage());
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool Meet(ListenAddress ours, string theirs) => ours.Url == theirs
        || ListenAddress.Parse(theirs).EndPoints.Any(their => ours.EndPoints.Any(our => our.Port == their.Port));

    private async Task EndEarlierAsync(InstanceRecord record, IReadOnlyList<ListenAddress> wanted, CancellationToken cancellationToken)
    {
        var met = wanted.FirstOrDefault(address => record.Urls.Any(theirs => Meet(address, theirs)));
        if (met is null && record.State != InstanceState.Draining)
        {
            throw new PreflightException(
                ExitCode.Failed,
                $"The data directory {directory} is in use by process {record.Pid} on {string.Join(" and ", record.Urls)}. Give this instance its own with --Server:DataDirectory=PATH.");
        }

        var what = met?.Url ?? $"The data directory {directory}";
        if (mode == TakeOverMode.Never)
        {
            var process = ProcessFacts.TryRead(record.Pid);
            throw new PreflightException(
                ExitCode.PortHeld,
                $"{what} is held by process {record.Pid} ({process?.Command}), an earlier instance of this service, and Server:TakeOver is never. Stop it first (kill {record.Pid}; it drains for at most {record.DrainSeconds:0.#} s).");
        }

        await takeOver.EndAsync(record, directory, what, cancellationToken).ConfigureAwait(false);
    }

    private string UnprovenMessage()
    {
        var record = InstanceRecord.TryRead(Path.Combine(directory, InstanceLock.RecordName));
        var why = record is null ? "it has written no instance.json" : InstanceProof.Of(record, directory).Doubt;
        var lockPath = InstanceLock.PathIn(directory);
        var holders = ProcessTable.Ids().Where(pid => lockPath is not null && OpenFiles.Of(pid)?.Contains(lockPath) == true).ToList();
        var who = holders.Count == 0
            ? "a process that can't be seen from here (another user's, or in another container)"
            : string.Join(", ", holders.Select(static pid => $"process {pid} ({ProcessFacts.TryRead(pid)?.Command ?? "?"})"));
        return $"The data directory {directory} is in use by {who}. It is not proven to be an earlier instance of this service ({why}), so it was not signalled. Stop it, or give this instance its own with --Server:DataDirectory=PATH.";
    }
}
