namespace Causeway.Streams;

/// <summary>The newest events, as they go out: what readers that are not behind share. Guarded by the tail's gate.</summary>
internal sealed class LiveRing
{
    private const int MaxBatches = 64;
    private const int MaxBytes = 524_288;

    private readonly Queue<LiveBatch> _batches = new();
    private int _bytes;

    public void Add(LiveBatch batch)
    {
        _batches.Enqueue(batch);
        _bytes += batch.Events.Length;
        while (_batches.Count > 1 && (_batches.Count > MaxBatches || _bytes > MaxBytes))
        {
            _bytes -= _batches.Dequeue().Events.Length;
        }
    }

    /// <summary>The events that begin at a place; null where they are not here, or no longer.</summary>
    public LiveBatch? Find(Generation content, long offset)
    {
        foreach (var batch in _batches)
        {
            if (batch.From == offset && batch.Content == content)
            {
                return batch;
            }
        }

        return null;
    }

    public void Clear()
    {
        _batches.Clear();
        _bytes = 0;
    }
}

/// <summary>Lines that were read at once, as events.</summary>
/// <param name="Content">Where they stand.</param>
/// <param name="From">The offset of the first.</param>
/// <param name="To">The offset after the last.</param>
/// <param name="Lines">How many.</param>
/// <param name="Events">Their bytes on the wire.</param>
internal sealed record LiveBatch(Generation Content, long From, long To, int Lines, byte[] Events);
