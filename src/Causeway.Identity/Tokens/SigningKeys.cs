namespace Causeway.Identity;

/// <summary>The signing keys in force on this node. A token that names a key this node has not seen makes it look again, at most once a second.</summary>
public sealed class SigningKeys : IDisposable
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(1);

    private readonly ISigningKeyHome _home;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _loading = new(1);
    private SigningKeyRing? _ring;
    private long _loadedAt;

    /// <summary>Takes keys from a home on first use, or by <see cref="LoadAsync"/>.</summary>
    public SigningKeys(ISigningKeyHome home, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(home);
        ArgumentNullException.ThrowIfNull(time);
        _home = home;
        _time = time;
    }

    /// <summary>Raised when other keys are in force.</summary>
    internal event Action? Changed;

    /// <summary>The keys in force.</summary>
    /// <exception cref="InvalidOperationException">They have not been loaded yet.</exception>
    public SigningKeyRing Ring => Volatile.Read(ref _ring) ?? throw new InvalidOperationException("The signing keys have not been loaded yet.");

    /// <summary>The keys in force, loaded where they have not been yet.</summary>
    public ValueTask<SigningKeyRing> GetAsync(CancellationToken cancellationToken = default) =>
        Volatile.Read(ref _ring) is { } ring ? ValueTask.FromResult(ring) : new ValueTask<SigningKeyRing>(LoadAsync(cancellationToken));

    /// <summary>Reads the keys from their home.</summary>
    public async Task<SigningKeyRing> LoadAsync(CancellationToken cancellationToken = default)
    {
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Take(await _home.LoadAsync(cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Signs with a new key from now on; what earlier keys signed stays valid until its end.</summary>
    public async Task<SigningKeyRing> RotateAsync(CancellationToken cancellationToken = default)
    {
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return Take(await _home.RotateAsync(cancellationToken).ConfigureAwait(false));
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _loading.Dispose();

    /// <summary>The keys after another look, where the last look was long enough ago; else those in force.</summary>
    internal ValueTask<SigningKeyRing> LookAgainAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _ring) is { } ring && _time.GetElapsedTime(Volatile.Read(ref _loadedAt)) < LookAgainAfter
            ? ValueTask.FromResult(ring)
            : new ValueTask<SigningKeyRing>(LoadAsync(cancellationToken));

    private SigningKeyRing Take(SigningKeyRing ring)
    {
        var before = Volatile.Read(ref _ring);
        Volatile.Write(ref _loadedAt, _time.GetTimestamp());
        Volatile.Write(ref _ring, ring);
        if (before is not null && !before.Keys.Select(static key => key.Id).SequenceEqual(ring.Keys.Select(static key => key.Id), StringComparer.Ordinal))
        {
            Changed?.Invoke();
        }

        return ring;
    }
}
