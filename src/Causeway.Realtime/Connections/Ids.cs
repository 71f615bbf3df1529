using System.Buffers.Text;
using System.Security.Cryptography;

namespace Causeway.Realtime;

/// <summary>Ids of connections: unguessable, short.</summary>
internal static class Ids
{
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));
}
