namespace Causeway.Relay;

/// <summary>The newest lines of a backend's process, over all its lives: at most 1,000 and 256 KiB of text.</summary>
public sealed class BackendOutput
{
    private const int MaxLines = 1_000;
    private const int MaxCharacters = 262_144 / sizeof(char);

    private readonly Lock _gate = new();
    private readonly Queue<OutputLine> _lines = new();
    private readonly TimeProvider _time;
    private TaskCompletionSource? _changed;
    private long _newest;
    private int _characters;

    internal BackendOutput(TimeProvider time) => _time = time;

    /// <summary>Names the life of the numbering: offsets of another epoch mean nothing here.</summary>
    public string Epoch { get; } = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(4));

    /// <summary>The offset of the newest line; 0 before the first.</summary>
    public long Newest
    {
        get
        {
            lock (_gate)
            {
                return _newest;
            }
        }
    }

    /// <summary>The offset of the oldest line that is still kept; one more than the newest where there is none.</summary>
    public long Oldest
    {
        get
        {
            lock (_gate)
            {
                return _newest - _lines.Count + 1;
            }
        }
    }

    /// <summary>The newest lines, oldest first.</summary>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<OutputLine> ReadNewest(int limit)
    {
        lock (_gate)
        {
            return [.. _lines.Skip(Math.Max(0, _lines.Count - limit))];
        }
    }

    /// <summary>The lines after an offset that are still kept, oldest first.</summary>
    /// <param name="after">0 for all.</param>
    /// <param name="limit">At most so many.</param>
    public IReadOnlyList<OutputLine> ReadAfter(long after, int limit)
    {
        lock (_gate)
        {
            return [.. _lines.SkipWhile(line => line.Offset <= after).Take(limit)];
        }
    }

    /// <summary>Completes once there is a line after an offset.</summary>
    /// <param name="after">The newest line the caller has.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task WaitAsync(long after, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_newest > after)
            {
                return Task.CompletedTask;
            }

            _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _changed.Task.WaitAsync(cancellationToken);
        }
    }

    internal void Add(OutputSource source, string text)
    {
        TaskCompletionSource? changed;
        lock (_gate)
        {
            _lines.Enqueue(new OutputLine(++_newest, _time.GetUtcNow(), source, text));
            _characters += text.Length;
            while (_lines.Count > MaxLines || _characters > MaxCharacters)
            {
                _characters -= _lines.Dequeue().Text.Length;
            }

            (changed, _changed) = (_changed, null);
        }

        changed?.SetResult();
    }
}
