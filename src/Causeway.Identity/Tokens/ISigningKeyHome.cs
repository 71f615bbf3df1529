namespace Causeway.Identity;

/// <summary>Where signing keys are kept: a file for one machine, the shared database for several.</summary>
public interface ISigningKeyHome
{
    /// <summary>Reads the keys, the one that signs first; makes one where there is none.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<SigningKeyRing> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Makes a new key that signs from now on. The earlier ones verify until everything they signed has ended, and are then forgotten.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<SigningKeyRing> RotateAsync(CancellationToken cancellationToken);
}
