namespace Causeway.Identity;

/// <summary>Keys that the configuration names. They are rotated there.</summary>
/// <param name="ring">The keys.</param>
public sealed class ConfiguredSigningKeys(SigningKeyRing ring) : ISigningKeyHome
{
    /// <inheritdoc/>
    public Task<SigningKeyRing> LoadAsync(CancellationToken cancellationToken) => Task.FromResult(ring);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public Task<SigningKeyRing> RotateAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException("The signing keys are configured (Auth:SigningKeys): put a new one before them there.");
}
