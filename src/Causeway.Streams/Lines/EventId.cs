using System.Globalization;
using System.Text;

namespace Causeway.Streams;

/// <summary>The <c>id:</c> of an event: <c>IDENTITY.OFFSET.CHECK</c>, opaque to clients. The offset stands after the line; the check is of the line's last bytes.</summary>
/// <remarks>With the check an id proves itself: an offset in a file that was truncated and filled again is not taken for a place in the old content.</remarks>
/// <param name="Identity">Which file, and which content of it.</param>
/// <param name="Offset">Bytes, after the line end.</param>
/// <param name="Check">Of the last bytes of the line.</param>
internal readonly record struct EventId(string Identity, long Offset, uint Check)
{
    /// <summary>The check covers the line's last bytes, its end included, at most so many.</summary>
    public const int CheckWindow = 64;

    /// <summary>Bytes of the identity; 12 characters.</summary>
    public const int IdentityBytes = 9;

    /// <summary>The longest id.</summary>
    public const int MaxLength = 12 + 1 + 19 + 1 + 8;

    public static bool TryParse(string text, out EventId id)
    {
        id = default;
        if (text.Length > MaxLength
            || text.Split('.') is not [{ Length: 12 } identity, var offsetText, { Length: 8 } checkText]
            || !identity.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            || !long.TryParse(offsetText, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            || offset == 0
            || !uint.TryParse(checkText, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var check))
        {
            return false;
        }

        id = new EventId(identity, offset, check);
        return true;
    }

    /// <summary>Writes an id's text.</summary>
    /// <returns>The bytes written, at most <see cref="MaxLength"/>.</returns>
    public int Format(Span<byte> target)
    {
        var length = Encoding.ASCII.GetBytes(Identity, target);
        target[length++] = (byte)'.';
        Offset.TryFormat(target[length..], out var written, provider: CultureInfo.InvariantCulture);
        length += written;
        target[length++] = (byte)'.';
        Check.TryFormat(target[length..], out written, "x8", CultureInfo.InvariantCulture);
        return length + written;
    }

    public override string ToString()
    {
        Span<byte> text = stackalloc byte[MaxLength];
        return Encoding.ASCII.GetString(text[..Format(text)]);
    }

    /// <summary>The check of a line; FNV-1a, since it guards against mistakes and not against people.</summary>
    /// <param name="line">The line with its end.</param>
    public static uint CheckOf(ReadOnlySpan<byte> line)
    {
        var hash = 2166136261u;
        foreach (var b in line[Math.Max(0, line.Length - CheckWindow)..])
        {
            hash = (hash ^ b) * 16777619u;
        }

        return hash;
    }

    /// <summary>The check of the line that ends at an offset; null where none does.</summary>
    public static uint? CheckAt(Generation content, long offset)
    {
        Span<byte> before = stackalloc byte[CheckWindow];
        before = before[..(int)Math.Min(CheckWindow, offset)];
        return FileBytes.Read(content.File, before, offset - before.Length) == before.Length ? CheckOfLast(before) : null;
    }

    /// <summary>The check of the line that these bytes end with; null where they don't end with one.</summary>
    public static uint? CheckOfLast(ReadOnlySpan<byte> bytes) =>
        bytes is [.., (byte)'\n'] ? CheckOf(bytes[(bytes[..^1].LastIndexOf((byte)'\n') + 1)..]) : null;
}
