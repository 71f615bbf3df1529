using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Causeway.Jobs;

/// <summary>Tells whoever shows jobs of what happens to them in this process: what it enqueued, runs, and was asked to change. Each process tells its own part.</summary>
public sealed class JobChanges(ILogger<JobChanges> logger)
{
    private ImmutableArray<Action<JobChange>> _subscribers = [];

    /// <summary>Whether anybody listens.</summary>
    internal bool HasSubscribers => _subscribers.Length > 0;

    /// <summary>Calls the handler for each change from now on, after its commit; disposing the result ends it.</summary>
    /// <param name="handler">Must be quick: it holds up the work. What it throws is logged and harms nobody else.</param>
    public IDisposable Subscribe(Action<JobChange> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ImmutableInterlocked.Update(ref _subscribers, static (all, one) => all.Add(one), handler);
        return new Subscription(this, handler);
    }

    /// <summary>Tells every subscriber.</summary>
    internal void Raise(JobChange change)
    {
        foreach (var subscriber in _subscribers)
        {
            try
            {
                subscriber(change);
            }
            catch (Exception exception)
            {
                logger.SubscriberFailed(exception, change.Id);
            }
        }
    }

    private sealed class Subscription(JobChanges changes, Action<JobChange> handler) : IDisposable
    {
        public void Dispose() => ImmutableInterlocked.Update(ref changes._subscribers, static (all, one) => all.Remove(one), handler);
    }
}
