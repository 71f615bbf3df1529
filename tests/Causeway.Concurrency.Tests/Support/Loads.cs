using System.Collections.Concurrent;

namespace Causeway.Concurrency.Tests;

/// <summary>A slow source whose loads end when the test says so.</summary>
internal sealed class Loads
{
    private readonly ConcurrentQueue<Running> _running = new();

    public int Count => _running.Count;

    /// <summary>The load's body for a cache.</summary>
    public Task<string?> LoadAsync(CacheLoad<string> load, CancellationToken cancellationToken)
    {
        var running = new Running(load, cancellationToken);
        _running.Enqueue(running);
        return running.Result.Task;
    }

    public async Task<Running> StartedAsync(int number = 1)
    {
        await Eventually.True(() => Count >= number, what: $"{number} loads");
        return _running.ElementAt(number - 1);
    }

    internal sealed record Running(CacheLoad<string> Load, CancellationToken Cancellation)
    {
        public TaskCompletionSource<string?> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
