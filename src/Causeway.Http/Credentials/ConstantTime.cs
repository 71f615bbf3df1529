using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Causeway.Http;

/// <summary>Compares secrets without telling by its duration how much of a guess was right.</summary>
public static class ConstantTime
{
    /// <summary>Whether two secrets are the same. The duration depends on their lengths alone.</summary>
    public static bool Equals(string left, string right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(left.AsSpan()), MemoryMarshal.AsBytes(right.AsSpan()));
    }
}
