using System.Buffers.Binary;

namespace Causeway.Http;

/// <summary>What files begin with: tells the type of a content by its bytes, and whether they are what a client says.</summary>
internal static class FileTypes
{
    /// <summary>Bytes at the beginning by which everything is decided.</summary>
    public const int HeadBytes = 4_096;

    /// <summary>Bytes at the end in which a ZIP archive has its directory's end, whatever stands before it.</summary>
    public const int TailBytes = 22 + ushort.MaxValue;

    public const string Unknown = "application/octet-stream";
    public const string PlainText = "text/plain";

    private const string Zip = "application/zip";
    private const string Pdf = "application/pdf";

    private delegate bool Test(ReadOnlySpan<byte> head);

    /// <summary>Types by their beginnings; the first that fits is what a content is found to be.</summary>
    private static readonly (string Type, Test Fits)[] Signatures =
    [
        ("image/png", static head => head is [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, ..]),
        ("image/jpeg", static head => head is [0xFF, 0xD8, 0xFF, ..]),
        ("image/gif", static head => head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8)),
        ("image/webp", static head => IsRiff(head, "WEBP"u8)),
        ("image/avif", static head => IsBrand(head, "avif"u8) || IsBrand(head, "avis"u8)),
        ("image/heic", static head => IsBrand(head, "heic"u8) || IsBrand(head, "heix"u8) || IsBrand(head, "hevc"u8) || IsBrand(head, "mif1"u8) || IsBrand(head, "msf1"u8)),
        ("image/tiff", static head => head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8)),
        ("image/bmp", static head => head.StartsWith("BM"u8) && head.Length > 26 && head[6..10].IndexOfAnyExcept((byte)0) < 0
            && BinaryPrimitives.ReadUInt32LittleEndian(head[14..]) is 12 or 40 or 52 or 56 or 64 or 108 or 124),
        ("image/x-icon", static head => head is [0, 0, 1, 0, > 0, 0, ..]),
        (Pdf, static head => head.StartsWith("%PDF-"u8)),
        ("application/vnd.oasis.opendocument.text", static head => IsTypedZip(head, "application/vnd.oasis.opendocument.text"u8)),
        ("application/vnd.oasis.opendocument.spreadsheet", static head => IsTypedZip(head, "application/vnd.oasis.opendocument.spreadsheet"u8)),
        ("application/vnd.oasis.opendocument.presentation", static head => IsTypedZip(head, "application/vnd.oasis.opendocument.presentation"u8)),
        ("application/epub+zip", static head => IsTypedZip(head, "application/epub+zip"u8)),
        (Zip, IsZip),
        ("application/gzip", static head => head is [0x1F, 0x8B, 8, ..]),
        ("application/zstd", static head => head is [0x28, 0xB5, 0x2F, 0xFD, ..]),
        ("application/x-bzip2", static head => head is [0x42, 0x5A, 0x68, >= 0x31 and <= 0x39, 0x31, 0x41, 0x59, ..]),
        ("application/x-xz", static head => head is [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, ..]),
        ("application/x-7z-compressed", static head => head is [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, ..]),
        ("application/vnd.rar", static head => head is [0x52, 0x61, 0x72, 0x21, 0x1A, 7, ..]),
        ("application/x-tar", static head => head.Length > 262 && head[257..262].SequenceEqual("ustar"u8)),
        ("application/rtf", static head => head.StartsWith("{\\rtf"u8)),
        ("application/vnd.sqlite3", static head => head.StartsWith("SQLite format 3\0"u8)),
        ("video/webm", static head => IsMatroska(head) && head[..Math.Min(head.Length, 64)].IndexOf("webm"u8) >= 0),
        ("video/x-matroska", IsMatroska),
        ("audio/mp4", static head => IsBrand(head, "M4A "u8) || IsBrand(head, "M4B "u8)),
        ("video/quicktime", static head => IsBrand(head, "qt  "u8)),
        ("video/mp4", static head => head.Length >= 12 && head[4..8].SequenceEqual("ftyp"u8)),
        ("video/x-msvideo", static head => IsRiff(head, "AVI "u8)),
        ("audio/wav", static head => IsRiff(head, "WAVE"u8)),
        ("audio/ogg", static head => head.StartsWith("OggS\0"u8)),
        ("audio/flac", static head => head.StartsWith("fLaC"u8)),
        ("audio/midi", static head => head.StartsWith("MThd"u8)),
        ("audio/aac", static head => head is [0xFF, 0xF1 or 0xF9, ..]),
        ("audio/mpeg", static head => head is [0x49, 0x44, 0x33, < 0x10, < 0x10, ..] || head is [0xFF, 0xFB or 0xF3 or 0xF2 or 0xFA, ..]),
        ("font/woff2", static head => head.StartsWith("wOF2"u8)),
        ("font/woff", static head => head.StartsWith("wOFF"u8)),
        ("application/wasm", static head => head.StartsWith("\0asm"u8)),
        ("application/x-elf", static head => head is [0x7F, 0x45, 0x4C, 0x46, ..]),
        ("application/vnd.microsoft.portable-executable", static head => head.StartsWith("MZ"u8) && head.Length > 64 && head[..64].Contains((byte)0)),
        ("application/java-vm", static head => head is [0xCA, 0xFE, 0xBA, 0xBE, ..]),
    ];

    /// <summary>Types whose content is an archive of a known inside; by its beginning alone it is found to be a ZIP.</summary>
    private static readonly Dictionary<string, byte[]> OfficeFolders = new(StringComparer.Ordinal)
    {
        ["application/vnd.openxmlformats-officedocument.wordprocessingml.document"] = [.. "word/"u8],
        ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"] = [.. "xl/"u8],
        ["application/vnd.openxmlformats-officedocument.presentationml.presentation"] = [.. "ppt/"u8],
    };

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["image/jpg"] = "image/jpeg",
        ["image/pjpeg"] = "image/jpeg",
        ["image/vnd.microsoft.icon"] = "image/x-icon",
        ["image/heif"] = "image/heic",
        ["image/x-ms-bmp"] = "image/bmp",
        ["audio/mp3"] = "audio/mpeg",
        ["audio/x-wav"] = "audio/wav",
        ["audio/wave"] = "audio/wav",
        ["audio/x-m4a"] = "audio/mp4",
        ["audio/x-flac"] = "audio/flac",
        ["video/ogg"] = "audio/ogg",
        ["application/ogg"] = "audio/ogg",
        ["audio/webm"] = "video/webm",
        ["application/x-zip-compressed"] = Zip,
        ["application/x-zip"] = Zip,
        ["application/x-gzip"] = "application/gzip",
        ["application/x-rar-compressed"] = "application/vnd.rar",
        ["application/x-pdf"] = Pdf,
        ["text/rtf"] = "application/rtf",
        ["text/x-markdown"] = "text/markdown",
        ["text/json"] = "application/json",
        ["application/csv"] = "text/csv",
        ["text/x-csv"] = "text/csv",
        ["application/jsonl"] = "application/x-ndjson",
    };

    /// <summary>What texts are by the ending of their name, where nobody says.</summary>
    private static readonly Dictionary<string, string> Endings = new(StringComparer.OrdinalIgnoreCase)
    {
        [".csv"] = "text/csv",
        [".md"] = "text/markdown",
        [".json"] = "application/json",
        [".ndjson"] = "application/x-ndjson",
        [".jsonl"] = "application/x-ndjson",
        [".html"] = "text/html",
        [".htm"] = "text/html",
        [".svg"] = "image/svg+xml",
        [".xml"] = "application/xml",
        [".js"] = "text/javascript",
        [".css"] = "text/css",
    };

    private static readonly byte[][] Markup = [[.. "<script"u8], [.. "<html"u8], [.. "<!doctype"u8], [.. "<svg"u8], [.. "<iframe"u8], [.. "<?php"u8]];

    /// <summary>A media type without its parameters, in lower case, by its usual name.</summary>
    public static string Normalize(string type)
    {
        var semicolon = type.IndexOf(';', StringComparison.Ordinal);
        var bare = (semicolon < 0 ? type : type[..semicolon]).Trim().ToLowerInvariant();
        return Aliases.GetValueOrDefault(bare, bare);
    }

    /// <summary>Whether a browser would run what is of this type. Such types are taken only where they are named, never by <c>image/*</c> or <c>text/*</c>.</summary>
    public static bool IsActive(string type) => type is "text/html" or "application/xhtml+xml" or "image/svg+xml" or "text/xml" or "application/xml"
        or "text/javascript" or "application/javascript" or "text/css" or "application/wasm" or "application/x-shockwave-flash" or "text/xsl"
        || type.EndsWith("+xml", StringComparison.Ordinal);

    /// <summary>Whether contents of the type are texts.</summary>
    public static bool IsText(string type) => type.StartsWith("text/", StringComparison.Ordinal) || type.EndsWith("+xml", StringComparison.Ordinal)
        || type.EndsWith("+json", StringComparison.Ordinal)
        || type is "application/json" or "application/x-ndjson" or "application/xml" or "application/javascript" or "application/yaml" or "application/toml";

    /// <summary>The type that the bytes alone tell; null where they tell none.</summary>
    public static string? Find(ReadOnlySpan<byte> head)
    {
        foreach (var (type, fits) in Signatures)
        {
            if (fits(head))
            {
                return type;
            }
        }

        return null;
    }

    /// <summary>The type of a content.</summary>
    /// <param name="head">Its first bytes, up to <see cref="HeadBytes"/>.</param>
    /// <param name="declared">What the client says, normalised; null where it says nothing.</param>
    /// <param name="fileName">Its name, by whose ending texts are told apart.</param>
    /// <returns>The type, and null; or what speaks against it.</returns>
    public static (string Type, string? Objection) Decide(ReadOnlySpan<byte> head, string? declared, string? fileName)
    {
        var found = Find(head);
        if (declared is null or Unknown)
        {
            var type = found ?? (IsTextLike(head) ? Endings.GetValueOrDefault(Path.GetExtension(fileName ?? ""), PlainText) : Unknown);
            return (type, Polyglot(head, type));
        }

        if (OfficeFolders.TryGetValue(declared, out var folder))
        {
            var isOffice = found == Zip && (head.IndexOf("[Content_Types].xml"u8) >= 0 || head.IndexOf("_rels/"u8) >= 0 || head.IndexOf(folder) >= 0);
            return (declared, isOffice ? null : Mismatch(declared, found));
        }

        if (IsText(declared))
        {
            var isText = found is null && IsTextLike(head) && (declared != "application/json" || IsJsonLike(head));
            return (declared, isText ? null : Mismatch(declared, found));
        }

        if (found == declared || found is null && !Array.Exists(Signatures, known => known.Type == declared))
        {
            return (declared, Polyglot(head, declared));
        }

        return (declared, Mismatch(declared, found));
    }

    /// <summary>Whether the end of a content that is no archive has one's directory: then it is both.</summary>
    public static bool HidesArchive(string type, ReadOnlySpan<byte> tail)
    {
        if (!IsMedia(type) && type != Pdf)
        {
            return false;
        }

        // The directory's end says itself how long the comment behind it is; it must reach the end.
        for (var rest = tail; rest.IndexOf("PK\x05\x06"u8) is >= 0 and var at; rest = rest[(at + 4)..])
        {
            if (rest.Length - at >= 22 && BinaryPrimitives.ReadUInt16LittleEndian(rest[(at + 20)..]) == rest.Length - at - 22)
            {
                return true;
            }
        }

        return false;
    }

    private static string Mismatch(string declared, string? found) =>
        found is null ? $"The content is not {declared}, as its type says." : $"The content is {found}, not {declared}, as its type says.";

    /// <summary>Images, sounds, films that are a page, a script or a PDF as well.</summary>
    private static string? Polyglot(ReadOnlySpan<byte> head, string type)
    {
        if (!IsMedia(type))
        {
            return null;
        }

        var start = head[..Math.Min(head.Length, 1_024)];
        if (start.IndexOf("%PDF-"u8) >= 0)
        {
            return $"The content is {type} and a PDF at once.";
        }

        Span<byte> lower = stackalloc byte[start.Length];
        for (var i = 0; i < start.Length; i++)
        {
            lower[i] = start[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(start[i] | 0x20) : start[i];
        }

        foreach (var tag in Markup)
        {
            if (lower.IndexOf(tag) >= 0)
            {
                return $"The content is {type} and markup at once.";
            }
        }

        return null;
    }

    private static bool IsMedia(string type) =>
        type.StartsWith("image/", StringComparison.Ordinal) || type.StartsWith("audio/", StringComparison.Ordinal)
        || type.StartsWith("video/", StringComparison.Ordinal) || type.StartsWith("font/", StringComparison.Ordinal);

    private static bool IsTextLike(ReadOnlySpan<byte> head) => !head.Contains((byte)0);

    private static bool IsJsonLike(ReadOnlySpan<byte> head)
    {
        var rest = head.StartsWith("\uFEFF"u8) ? head[3..] : head;
        return rest.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[' or (byte)'"' or (byte)'-' or (byte)'t' or (byte)'f' or (byte)'n' or (>= (byte)'0' and <= (byte)'9'), ..];
    }

    private static bool IsZip(ReadOnlySpan<byte> head) => head is [0x50, 0x4B, 3, 4, ..] or [0x50, 0x4B, 5, 6, ..] or [0x50, 0x4B, 7, 8, ..];

    /// <summary>An archive whose first entry, uncompressed, says the type.</summary>
    private static bool IsTypedZip(ReadOnlySpan<byte> head, ReadOnlySpan<byte> type) =>
        IsZip(head) && head.Length > 38 && head[30..38].SequenceEqual("mimetype"u8) && head[38..].StartsWith(type)
        && (head.Length == 38 + type.Length || head[38 + type.Length] is not ((byte)'-' or (byte)'.' or (byte)'+' or (>= (byte)'a' and <= (byte)'z')));

    private static bool IsRiff(ReadOnlySpan<byte> head, ReadOnlySpan<byte> form) =>
        head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..12].SequenceEqual(form);

    private static bool IsBrand(ReadOnlySpan<byte> head, ReadOnlySpan<byte> brand) =>
        head.Length >= 12 && head[4..8].SequenceEqual("ftyp"u8) && head[8..12].SequenceEqual(brand);

    private static bool IsMatroska(ReadOnlySpan<byte> head) => head is [0x1A, 0x45, 0xDF, 0xA3, ..];
}
