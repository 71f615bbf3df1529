using Causeway.Concurrency;

namespace Causeway.Server;

/// <summary>Reads all parts of the overview, a few at a time and each for so long only.</summary>
internal sealed class OverviewReader(IEnumerable<OverviewPart> parts, TimeProvider time, ILogger<OverviewReader> logger)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly OverviewPart[] _parts = [.. parts];
    private readonly GatherOptions _gather = new() { MaxParallel = 4, ItemTimeout = Limit, Time = time };

    // Under the lock. Whoever asks while a part is being read waits for that read, so a page that asks every second can't pile up reads that hang.
    private readonly Dictionary<string, Task<Func<GetOverview.Overview, GetOverview.Overview>>> _running = new(StringComparer.Ordinal);

    /// <summary>Fills in every part that can be had, and names the others.</summary>
    public async Task<GetOverview.Overview> ReadAsync(GetOverview.Overview overview, CancellationToken cancellationToken)
    {
        var outcomes = await Gather.EachAsync(_parts, _gather, (part, token) => Begin(part).WaitAsync(token), cancellationToken);
        List<GetOverview.UnavailablePart> unavailable = [];
        foreach (var (part, outcome) in _parts.Zip(outcomes))
        {
            if (outcome.Succeeded)
            {
                overview = outcome.Value(overview);
            }
            else
            {
                unavailable.Add(new(part.Name, outcome.Failure is TimeoutException ? $"no answer within {Limit.TotalSeconds:0} s" : "it failed; the log says why"));
                logger.OverviewPartUnavailable(part.Name, outcome.Failure);
            }
        }

        return overview with { Unavailable = unavailable };
    }

    private Task<Func<GetOverview.Overview, GetOverview.Overview>> Begin(OverviewPart part)
    {
        lock (_running)
        {
            if (_running.TryGetValue(part.Name, out var running) && !running.IsCompleted)
            {
                return running;
            }

            var limit = new CancellationTokenSource(Limit, time);
            running = Task.Run(() => part.ReadAsync(limit.Token), CancellationToken.None);
            _ = running.ContinueWith(
                static (read, state) =>
                {
                    _ = read.Exception;
                    ((CancellationTokenSource)state!).Dispose();
                },
                limit, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return _running[part.Name] = running;
        }
    }
}
