using System.Collections.Frozen;

namespace Causeway.Server;

/// <summary>
/// Who wants to be told of what, in memory: events are made only where somebody does. A change counts on this node when it was committed, on others within a second.
/// </summary>
internal sealed class WebhookSubscriptions(WebhookStore store) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private Snapshot? _now;
    private long _version = -1;

    /// <summary>Whether they were read yet; until then anybody may want anything.</summary>
    public bool AreKnown => Volatile.Read(ref _now) is not null;

    /// <summary>Whether anybody is to be told of events of a type. Costs one look where nobody is.</summary>
    public bool Any(string type) => Volatile.Read(ref _now)?.Types.Contains(type) ?? true;

    /// <summary>Whether anybody is to be told of an event of a type in a room.</summary>
    public bool Any(string type, string room) =>
        Volatile.Read(ref _now) is not { } now || now.Types.Contains(type) && Array.Exists(now.All, subscription => subscription.Wants(type, room));

    /// <summary>The endpoints to be told of an event.</summary>
    public IEnumerable<string> For(WebhookEvent one) => one.Only is { } only
        ? [only]
        : (Volatile.Read(ref _now)?.All ?? []).Where(subscription => subscription.Wants(one.About ?? one.Type, one.Room)).Select(static subscription => subscription.Id);

    /// <summary>Reads them anew where something has changed. Called each second, and after this node's own changes.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            // First the number: what changes while the rows are read is seen the next time.
            var version = await store.VersionAsync(cancellationToken);
            if (version != _version)
            {
                var rows = await store.ListActiveAsync(cancellationToken);
                Subscription[] all = [.. rows.Select(static row => new Subscription(row.Id, [.. Words.Read(row.Events)], row.Rooms is null ? null : [.. Words.Read(row.Rooms)]))];
                Volatile.Write(ref _now, new Snapshot(all, WebhookEventTypes.All.Where(type => Array.Exists(all, subscription => subscription.Wants(type))).ToFrozenSet(StringComparer.Ordinal)));
                _version = version;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private sealed record Snapshot(Subscription[] All, FrozenSet<string> Types);

    private sealed record Subscription(string Id, string[] Events, string[]? Rooms)
    {
        public bool Wants(string type) => Array.Exists(Events, pattern => NamePattern.Matches(pattern, type));

        public bool Wants(string type, string? room) => Wants(type) && (room is null || Rooms is null || Array.Exists(Rooms, pattern => NamePattern.Matches(pattern, room)));
    }
}
