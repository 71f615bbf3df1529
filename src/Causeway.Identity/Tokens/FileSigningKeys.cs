using System.Globalization;
using System.Text;

namespace Causeway.Identity;

/// <summary>
/// Keys in one file (0600): a line for each, the one that signs first, with its id, the key in base64 and when it was made (Unix ms). A line with a key alone,
/// as earlier releases wrote it, has the id <c>generated</c>.
/// </summary>
/// <param name="path">The file; its directory must exist.</param>
/// <param name="write">Writes a file that others can't read.</param>
/// <param name="keep">How long a key verifies after it was replaced.</param>
/// <param name="time">Says when.</param>
public sealed class FileSigningKeys(string path, FileSigningKeys.Writer write, TimeSpan keep, TimeProvider time) : ISigningKeyHome
{
    private const string LegacyId = "generated";

    /// <summary>Writes a private file.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="content">All of it.</param>
    /// <param name="replace">Whether to replace a file that is there; else it is left alone.</param>
    public delegate void Writer(string path, string content, bool replace);

    /// <inheritdoc/>
    public Task<SigningKeyRing> LoadAsync(CancellationToken cancellationToken) => Task.FromResult(Load());

    /// <summary>The same, for whoever can't wait.</summary>
    /// <exception cref="InvalidDataException">The file holds something else.</exception>
    /// <exception cref="IOException">The file can't be read or made.</exception>
    public SigningKeyRing Load()
    {
        if (!File.Exists(path))
        {
            write(path, Line(New()), replace: false);
        }

        return new SigningKeyRing([.. Read().Select(static entry => entry.Key)]);
    }

    /// <inheritdoc/>
    public Task<SigningKeyRing> RotateAsync(CancellationToken cancellationToken)
    {
        var entries = Read();
        entries.Insert(0, New());

        // A key ends its service when the one before it began.
        var oldest = time.GetUtcNow() - keep;
        while (entries.Count > 1 && entries[^2].MadeAt < oldest)
        {
            entries.RemoveAt(entries.Count - 1);
        }

        write(path, string.Concat(entries.Select(Line)), replace: true);
        return Task.FromResult(new SigningKeyRing([.. entries.Select(static entry => entry.Key)]));
    }

    private static string Line(Entry entry) => string.Create(
        CultureInfo.InvariantCulture, $"{entry.Key.Id} {Convert.ToBase64String(entry.Key.Jwt.Key)} {entry.MadeAt.ToUnixTimeMilliseconds()}\n");

    private Entry New() => new(SigningKey.Create(), time.GetUtcNow());

    private List<Entry> Read()
    {
        var entries = new List<Entry>();
        foreach (var line in File.ReadAllLines(path, Encoding.ASCII))
        {
            if (line.Trim() is { Length: > 0 } text)
            {
                entries.Add(Parse(text.Split(' ')) ?? throw Damaged());
            }
        }

        return entries.Count > 0 && entries.Select(static entry => entry.Key.Id).Distinct(StringComparer.Ordinal).Count() == entries.Count ? entries : throw Damaged();
    }

    private static Entry? Parse(string[] parts)
    {
        var (id, text, madeAt) = parts switch
        {
            [var key] => (LegacyId, key, 0L),
            [var name, var key, var number] when long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var at) => (name, key, at),
            _ => ("", "", 0L),
        };
        var bytes = new byte[text.Length];
        return id.Length > 0 && Convert.TryFromBase64String(text, bytes, out var length) && length >= SigningKey.MinBytes
            ? new Entry(new SigningKey(id, bytes[..length]), DateTimeOffset.FromUnixTimeMilliseconds(madeAt))
            : null;
    }

    private InvalidDataException Damaged() =>
        new($"{path} does not hold signing keys of at least {SigningKey.MinBytes} bytes in base64; delete it to have a new one made, which ends all sessions.");

    private sealed record Entry(SigningKey Key, DateTimeOffset MadeAt);
}
