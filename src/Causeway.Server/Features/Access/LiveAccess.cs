using Causeway.Identity;
using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>Lets live connections follow their credentials: what was revoked is closed, and whoever may do something else now is judged by that.</summary>
/// <param name="changes">Says what has changed, on whichever node.</param>
/// <param name="callers">Looks at credentials again.</param>
/// <param name="connections">Those that follow.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it says what it did.</param>
internal sealed class LiveAccess(
    AccessChanges changes, CallerResolver callers, Realtime.Connections connections, TimeProvider time, ILogger<LiveAccess> logger) : BackgroundService
{
    /// <summary>More changes than this at a time are one: everything is looked at.</summary>
    private const int MaxChanges = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private List<AccessChange> _waiting = [];
    private IDisposable? _subscription;

    /// <summary>Listens before the first connection can be there.</summary>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _subscription = changes.Subscribe(Note);
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _subscription?.Dispose();
        base.Dispose();
        _signal.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await _signal.WaitAsync(stoppingToken);
            var taken = Take();
            try
            {
                var changed = await connections.ReviewAsync(
                    identity => identity.Credential is Caller { Access: { } access } && taken.Exists(access.IsConcernedBy),
                    LookAgainAsync,
                    cancellationToken: stoppingToken);
                if (changed > 0)
                {
                    logger.ConnectionsFollowed(changed, taken.Count);
                }
            }
            catch (AggregateException exception)
            {
                // Whoever could not be looked at stays as long as the database is away, and is looked at when it is back.
                logger.ConnectionsNotReviewed(exception);
                taken.ForEach(Note);
                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    private async ValueTask<ReviewOutcome> LookAgainAsync(RealtimeIdentity identity, CancellationToken cancellationToken) =>
        await callers.LookAgainAsync((Caller)identity.Credential!, cancellationToken) is { } now
            ? ReviewOutcome.Keep((now with { Granted = ((Caller)identity.Credential!).Granted }).ToIdentity())
            : ReviewOutcome.Close(CloseReason.Revoked);

    private void Note(AccessChange change)
    {
        lock (_gate)
        {
            if (_waiting.Count >= MaxChanges)
            {
                _waiting = [new AccessChange(AccessChangeKind.Everything)];
            }

            _waiting.Add(change);
            if (_signal.CurrentCount == 0)
            {
                _signal.Release();
            }
        }
    }

    private List<AccessChange> Take()
    {
        lock (_gate)
        {
            var taken = _waiting;
            _waiting = [];
            return taken;
        }
    }
}
