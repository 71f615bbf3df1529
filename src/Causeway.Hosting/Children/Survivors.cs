using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>Finds what is left of a child by proof only (its own start, its group, or the mark in the environment) and ends it.</summary>
/// <param name="record">The child.</param>
/// <param name="logger">Told of every process that is signalled.</param>
internal sealed class Survivors(ChildRecord record, ILogger logger)
{
    /// <summary>What is left may start new processes while it is ended.</summary>
    private const int Rounds = 5;

    private readonly HashSet<ProcessIdentity> _proven = [];

    /// <summary>Whoever is left.</summary>
    public IReadOnlyList<ProcessIdentity> Find()
    {
        // Another boot: nobody can be left.
        if (!OperatingSystem.IsLinux() || record.Owner.BootId != ProcessTable.BootId)
        {
            return [];
        }

        var group = LeaderIsProven() ? record.Child!.ProcessId : (int?)null;
        var found = new List<ProcessIdentity>();
        foreach (var id in ProcessTable.Ids())
        {
            if (id != Environment.ProcessId && Belongs(id, group) is { } survivor)
            {
                found.Add(survivor);
            }
        }

        return found;
    }

    /// <summary>Asks all that is left to stop, and kills what does not.</summary>
    /// <param name="grace">The time between the two.</param>
    /// <param name="cancellationToken">Kills at once.</param>
    /// <returns>Whether nobody is left.</returns>
    public async Task<bool> EndAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var found = Find();
            if (found.Count == 0)
            {
                return true;
            }

            await Task.WhenAll(found.Select(survivor => EndAsync(survivor, round == 0 ? grace : TimeSpan.Zero, cancellationToken))).ConfigureAwait(false);
        }

        return Find().Count == 0;
    }

    private bool LeaderIsProven() => record.Child is { } child && (child.IsRunning || _proven.Contains(child));

    private ProcessIdentity? Belongs(int processId, int? group)
    {
        if (ProcessTable.Stat(processId) is not { HasEnded: false } stat)
        {
            return null;
        }

        var identity = new ProcessIdentity(processId, stat.StartTicks, ProcessTable.BootId);
        if (_proven.Contains(identity) || identity == record.Child || stat.GroupId == group || ProcessTable.Variable(processId, ChildEnvironment.Mark) == record.Id)
        {
            _proven.Add(identity);
            return identity;
        }

        return null;
    }

    private async Task EndAsync(ProcessIdentity survivor, TimeSpan grace, CancellationToken cancellationToken)
    {
        var command = ProcessTable.Command(survivor.ProcessId)?.Split(' ') is [var program, .. var arguments] ? ChildrenLog.Named(program, arguments.Length) : "?";
        using var held = Pidfd.Open(survivor);
        if (held is null)
        {
            if (survivor.IsRunning)
            {
                logger.SurvivorNotHeld(survivor.ProcessId, command, record.Name);
            }

            return;
        }

        try
        {
            if (grace > TimeSpan.Zero && !cancellationToken.IsCancellationRequested && held.Send(Signals.Terminate))
            {
                logger.SurvivorAsked(survivor.ProcessId, command, record.Name);
                await WaitAsync(held, grace, cancellationToken).ConfigureAwait(false);
            }

            if (!held.HasExited && held.Send(Signals.Kill))
            {
                logger.SurvivorKilled(survivor.ProcessId, command, record.Name);
                await held.WaitAsync(TimeSpan.FromSeconds(2), CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (IOException exception)
        {
            logger.SurvivorNotSignalled(survivor.ProcessId, command, record.Name, exception);
        }
    }

    private static async Task WaitAsync(Pidfd held, TimeSpan grace, CancellationToken cancellationToken)
    {
        try
        {
            await held.WaitAsync(grace, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Then it is killed now.
        }
    }
}
