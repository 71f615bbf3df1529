using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Causeway.Identity;

/// <summary>Tells whoever holds on to somebody's access (live connections, caches) that it has changed, on whichever node that happened.</summary>
/// <remarks>
/// When a subscriber hears of a change, what Causeway.Identity itself remembers of the user is already forgotten: whoever asks then gets the new answer.
/// A change may be told more than once, and more may be said to have changed than has.
/// </remarks>
public sealed class AccessChanges(ILogger<AccessChanges> logger)
{
    private ImmutableArray<Action<AccessChange>> _subscribers = [];

    /// <summary>Calls the handler for each change from now on, one at a time and in the order of their commits on this node; disposing the result ends it.</summary>
    /// <param name="handler">Must be quick: it holds up the others. What it throws is logged and harms nobody else.</param>
    public IDisposable Subscribe(Action<AccessChange> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        ImmutableInterlocked.Update(ref _subscribers, static (all, one) => all.Add(one), handler);
        return new Subscription(this, handler);
    }

    /// <summary>Tells every subscriber.</summary>
    internal void Raise(AccessChange change)
    {
        foreach (var subscriber in _subscribers)
        {
            try
            {
                subscriber(change);
            }
            catch (Exception exception)
            {
                logger.SubscriberFailed(exception, change.Kind);
            }
        }
    }

    private sealed class Subscription(AccessChanges changes, Action<AccessChange> handler) : IDisposable
    {
        public void Dispose() => ImmutableInterlocked.Update(ref changes._subscribers, static (all, one) => all.Remove(one), handler);
    }
}
