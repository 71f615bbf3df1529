using System.Collections.Concurrent;
using Causeway.Relay;

namespace Causeway.Server;

/// <summary>The keys that sign what backends are told of callers: one per backend, so that none can pose as the service towards another.</summary>
internal sealed class IdentityKeys(string dataDirectory)
{
    /// <summary>Where a process that the service starts finds its key.</summary>
    public const string Variable = "CAUSEWAY_IDENTITY_KEY";

    private const int Bytes = 32;

    private readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Loads or makes the key of each backend, and hands it to those whose process the service starts.</summary>
    /// <exception cref="InvalidDataException">A key file can't be used.</exception>
    public void Prepare(RelayOptions relay)
    {
        foreach (var (name, backend) in relay.Backends)
        {
            var key = backend.IdentityKey is { } configured
                ? Convert.FromBase64String(configured)
                : KeyFile.LoadOrCreate(Path.Combine(dataDirectory, $"identity-{name}.key"), Bytes);
            _keys[name] = key;
            backend.Process?.Environment.TryAdd(Variable, Convert.ToBase64String(key));
        }
    }

    public byte[] Of(string backend) => _keys[backend];
}
