using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Causeway.Http;

/// <summary>The header <c>Content-Disposition</c> (RFC 6266): names of files, in both directions.</summary>
public static class ContentDisposition
{
    /// <summary>The longest name that is written or taken, in characters.</summary>
    public const int MaxNameLength = 200;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 !#$&'()+,-.;=@[]^_`{}~");

    private static readonly SearchValues<byte> Unescaped = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`|~"u8);

    /// <summary>The value that makes a browser save the content under a name: <c>attachment; filename="…"</c>.</summary>
    /// <param name="fileName">Any text; what could lead out of a directory or end the header is replaced.</param>
    /// <remarks>A name that is not plain ASCII stands there twice: as <c>filename*</c> (RFC 8187), and for clients that don't know that, as <c>filename</c> with <c>_</c> for what it can't have.</remarks>
    public static string Attachment(string fileName) => Write("attachment", fileName);

    /// <summary>The value that lets a browser show the content, and save it under a name.</summary>
    /// <param name="fileName">As for <see cref="Attachment"/>.</param>
    public static string Inline(string fileName) => Write("inline", fileName);

    /// <summary>The file name of a <c>Content-Disposition</c> as it came, <c>filename*</c> before <c>filename</c>; null where there is none.</summary>
    /// <param name="header">The header's value.</param>
    public static string? FileNameOf(string? header) =>
        ContentDispositionHeaderValue.TryParse(header, out var value)
            ? value.FileNameStar.HasValue ? value.FileNameStar.ToString()
                : value.FileName.HasValue ? HeaderUtilities.RemoveQuotes(value.FileName).ToString() : null
            : null;

    /// <summary>A name that is safe to show and to save under: no path before it, no control or direction characters, no device of Windows, not too long.</summary>
    /// <param name="name">What a client sent.</param>
    /// <param name="fallback">The name where nothing is left.</param>
    /// <remarks>It is for people. Nothing is ever stored under it.</remarks>
    public static string CleanName(string? name, string fallback = "file")
    {
        if (string.IsNullOrEmpty(name))
        {
            return fallback;
        }

        var last = name.AsSpan()[(name.AsSpan().LastIndexOfAny('/', '\\') + 1)..];
        var clean = new StringBuilder(last.Length);
        foreach (var rune in last.EnumerateRunes())
        {
            clean.Append((MustGo(rune) ? new Rune('_') : rune).ToString());
        }

        // Windows drops dots and blanks at the end, and so would make another name of it.
        var text = Shorten(clean.ToString().Trim().TrimEnd('.', ' '));
        return text.Length == 0 || text.All(static c => c == '.') ? fallback : IsDevice(text) ? "_" + text : text;
    }

    private static string Write(string kind, string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        var name = CleanName(fileName);
        if (!name.AsSpan().ContainsAnyExcept(Plain))
        {
            return $"{kind}; filename=\"{name}\"";
        }

        var value = new StringBuilder(kind).Append("; filename=\"");
        foreach (var rune in name.EnumerateRunes())
        {
            // No percent sign either: some clients would decode it.
            value.Append(rune.IsAscii && Plain.Contains((char)rune.Value) ? (char)rune.Value : '_');
        }

        value.Append("\"; filename*=UTF-8''");
        foreach (var unit in Encoding.UTF8.GetBytes(name))
        {
            _ = Unescaped.Contains(unit) ? value.Append((char)unit) : value.Append(CultureInfo.InvariantCulture, $"%{unit:X2}");
        }

        return value.ToString();
    }

    /// <summary>Control characters, those that turn the direction of what is read (a name could show another ending than it has), lone surrogates, and what no file system takes.</summary>
    private static bool MustGo(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || rune.Value is 0x61C or 0x200E or 0x200F or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) or 0xFEFF or 0xFFFD
        || rune.Value is '"' or '<' or '>' or ':' or '|' or '?' or '*';

    /// <summary>Cuts before the ending, which says what the file is.</summary>
    private static string Shorten(string name)
    {
        if (name.Length <= MaxNameLength)
        {
            return name;
        }

        var dot = name.LastIndexOf('.');
        var ending = dot > 0 && name.Length - dot <= 20 ? name[dot..] : "";
        var cut = MaxNameLength - ending.Length;
        return name[..(char.IsHighSurrogate(name[cut - 1]) ? cut - 1 : cut)] + ending;
    }

    private static bool IsDevice(string name)
    {
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var stem = (dot < 0 ? name : name[..dot]).TrimEnd().ToUpperInvariant();
        return stem is "CON" or "PRN" or "AUX" or "NUL" or ['C', 'O', 'M', >= '1' and <= '9'] or ['L', 'P', 'T', >= '1' and <= '9'];
    }
}
