using System.Diagnostics.Metrics;
using Causeway.Concurrency;
using Causeway.Data;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>What people call a user, where only an id is known: the names that a burst of messages or a page of a list needs are one query, and none when they were asked for before.</summary>
internal sealed class UserNames : IAsyncDisposable
{
    private const int AtOnce = 500;

    private readonly Cache<string, string?> _names;
    private readonly Batcher<string, string?> _questions;
    private readonly IDisposable _changes;

    public UserNames(Accounts accounts, AccessChanges changes, TimeProvider time, IMeterFactory meters)
    {
        _names = new Cache<string, string?>(
            new CacheOptions { Name = "user_names", Lifetime = TimeSpan.FromMinutes(10), AbsenceLifetime = TimeSpan.FromMinutes(1), MaxEntries = 50_000 }, time, meters);
        _questions = new Batcher<string, string?>(
            new BatcherOptions { Name = "user_names", MaxSize = AtOnce, MaxWait = TimeSpan.FromMilliseconds(2) },
            async (batch, cancellationToken) =>
            {
                var found = await accounts.FindNamesAsync(batch.Keys, cancellationToken);
                foreach (var id in batch.Keys)
                {
                    batch.Succeed(id, found.GetValueOrDefault(id));
                }
            },
            time,
            meters);
        _changes = changes.Subscribe(Forget);
    }

    /// <summary>The name of a user; null for one without, for an id that is no account's, and while the database is down: a name is never worth a refusal.</summary>
    public ValueTask<string?> FindAsync(string userId, CancellationToken cancellationToken)
    {
        if (_names.TryGet(userId, out var name))
        {
            return ValueTask.FromResult(name);
        }

        // An account's id is a UUID; the ids of other systems cost nothing.
        return Guid.TryParseExact(userId, "D", out _) ? new ValueTask<string?>(AskAsync(userId, cancellationToken)) : ValueTask.FromResult<string?>(null);
    }

    /// <summary>The names of those of some users who have one.</summary>
    public async ValueTask<IReadOnlyDictionary<string, string>> FindAsync(IEnumerable<string> userIds, CancellationToken cancellationToken)
    {
        var asked = userIds.Distinct(StringComparer.Ordinal).Select(id => (Id: id, Name: FindAsync(id, cancellationToken).AsTask())).ToList();
        await Task.WhenAll(asked.Select(static one => one.Name));
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (id, finding) in asked)
        {
            if (await finding is { } name)
            {
                names[id] = name;
            }
        }

        return names;
    }

    public async ValueTask DisposeAsync()
    {
        _changes.Dispose();
        await _questions.DisposeAsync();
        _names.Dispose();
    }

    private async Task<string?> AskAsync(string userId, CancellationToken cancellationToken)
    {
        try
        {
            return await _names.GetOrAddAsync(userId, (_, token) => _questions.GetAsync(userId, token), cancellationToken);
        }
        catch (DatabaseUnavailableException)
        {
            return null;
        }
    }

    private void Forget(AccessChange change)
    {
        switch (change.Kind)
        {
            case AccessChangeKind.User:
                _names.Remove(change.UserId!);
                break;
            case AccessChangeKind.Everything:
                _names.Clear();
                break;
        }
    }
}
