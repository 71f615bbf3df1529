namespace Causeway.Jobs;

/// <summary>What this process may run of one queue.</summary>
internal sealed class QueueSlots(string name, int workers, int? maxRunning)
{
    public string Name { get; } = name;

    public int Workers { get; } = workers;

    public int? MaxRunning { get; } = maxRunning;

    public int Running { get; set; }

    /// <summary>Whether there may be something to take.</summary>
    public bool MayHaveWork { get; set; } = true;

    public int Free => Workers - Running;
}

/// <summary>The queues of this process, and how its workers are shared among them. Used under the worker's gate.</summary>
internal sealed class WorkerQueues
{
    private readonly List<QueueSlots> _queues;
    private readonly int _workers;
    private int _first;

    public WorkerQueues(JobsOptions options, JobKinds kinds)
    {
        _workers = options.Workers;
        _queues = [.. NamesOf(options, kinds).Select(name =>
        {
            var queue = options.Queues.TryGetValue(name, out var found) ? found : new JobQueueOptions();
            return new QueueSlots(name, Math.Min(queue.Workers ?? options.Workers, options.Workers), queue.MaxRunning);
        })];
    }

    /// <summary>The queues that processes set up like this one know.</summary>
    public static IEnumerable<string> NamesOf(JobsOptions options, JobKinds kinds) =>
        kinds.All.Select(static kind => kind.Options.Queue).Concat(options.Queues.Keys).Append(JobsOptions.DefaultQueue).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>Whether something could be taken now.</summary>
    public bool CanTake(int running) => running < _workers && _queues.Any(static queue => queue is { MayHaveWork: true, Free: > 0 });

    /// <summary>Notes that a queue has something to take.</summary>
    /// <returns>False where this process doesn't run it.</returns>
    public bool Wake(string name)
    {
        if (_queues.Find(queue => queue.Name == name) is not { } queue)
        {
            return false;
        }

        queue.MayHaveWork = true;
        return true;
    }

    /// <summary>How many may be taken of which queues. Each time another one is first, so that none has all the workers for ever.</summary>
    /// <param name="running">Jobs in hand.</param>
    /// <param name="all">Whether to ask queues that nobody told of, too.</param>
    public List<(QueueSlots Queue, int Limit)> Take(int running, bool all)
    {
        List<(QueueSlots Queue, int Limit)> claims = [];
        var free = _workers - running;
        for (var index = 0; index < _queues.Count; index++)
        {
            var queue = _queues[(_first + index) % _queues.Count];
            queue.MayHaveWork |= all;
            if (queue.MayHaveWork && Math.Min(free, queue.Free) is > 0 and var most)
            {
                queue.MayHaveWork = false;
                free -= most;
                claims.Add((queue, most));
            }
        }

        _first = (_first + 1) % _queues.Count;
        return claims;
    }
}
