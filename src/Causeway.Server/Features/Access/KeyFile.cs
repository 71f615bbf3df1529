using System.Security.Cryptography;
using System.Text;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>A key that is made once and kept in a file (0600), as base64.</summary>
internal static class KeyFile
{
    /// <summary>Reads the key; makes it where it isn't there yet.</summary>
    /// <exception cref="InvalidDataException">The file holds no such key.</exception>
    public static byte[] LoadOrCreate(string path, int bytes)
    {
        PrivateFile.TryCreate(path, Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)) + "\n"));
        var text = File.ReadAllText(path).Trim();
        var key = new byte[text.Length];
        return Convert.TryFromBase64String(text, key, out var length) && length >= bytes
            ? key[..length]
            : throw new InvalidDataException($"{path} does not hold a base64 key of at least {bytes} bytes; delete it to have a new one made.");
    }
}
