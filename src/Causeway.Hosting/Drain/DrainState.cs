using Microsoft.Extensions.Options;

namespace Causeway.Hosting;

/// <summary>Whether the service is stopping. It says so at once when asked to stop, long before it closes its listeners.</summary>
public sealed class DrainState : IDisposable
{
    private readonly CancellationTokenSource _draining = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _window;
    private long _started;
    private bool _isAnnounced;

    /// <summary>Made by <c>AddDrain</c>.</summary>
    /// <param name="options">The window.</param>
    /// <param name="time">The clock.</param>
    public DrainState(IOptions<DrainOptions> options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _window = options.Value.Window;
        Draining = _draining.Token;
    }

    /// <summary>True from the first signal on.</summary>
    public bool IsDraining => Volatile.Read(ref _started) != 0;

    /// <summary>When the window ends; null while the service is not stopping.</summary>
    public DateTimeOffset? Deadline => IsDraining ? _time.GetUtcNow() + Remaining : null;

    /// <summary>What is left of the window; all of it while the service is not stopping, never below zero.</summary>
    public TimeSpan Remaining => IsDraining ? Max(_window - Elapsed, TimeSpan.Zero) : _window;

    /// <summary>Cancelled when draining begins. Tie to it what must not delay the end, such as an open stream.</summary>
    public CancellationToken Draining { get; }

    /// <summary>How the drain went; null until its last phase has ended.</summary>
    public DrainReport? Report { get; internal set; }

    /// <summary>Whether everybody who waits for <see cref="Draining"/> knows: what the outside is told must not be ahead of what is so.</summary>
    internal bool IsAnnounced => Volatile.Read(ref _isAnnounced);

    internal TimeSpan Elapsed => IsDraining ? _time.GetElapsedTime(Volatile.Read(ref _started)) : TimeSpan.Zero;

    /// <inheritdoc/>
    public void Dispose() => _draining.Dispose();

    /// <summary>Begins; true for the first caller only.</summary>
    internal bool Begin()
    {
        // A timestamp of exactly 0 would read as "not draining".
        if (Interlocked.CompareExchange(ref _started, _time.GetTimestamp() is var now && now != 0 ? now : 1, 0) != 0)
        {
            return false;
        }

        try
        {
            _draining.Cancel();
        }
        finally
        {
            Volatile.Write(ref _isAnnounced, true);
        }

        return true;
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
