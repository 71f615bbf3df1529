using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Causeway.Realtime;

/// <summary>A room's name: 1–128 of ASCII letters, digits and <c>_ . : -</c>; what stands before the first <c>:</c> is its namespace.</summary>
public sealed record RoomId : IParsable<RoomId>
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = 128;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-");

    private RoomId(string value) => Value = value;

    /// <summary>The name as it stands on the wire.</summary>
    public string Value { get; }

    /// <summary>The namespace it names; <c>default</c> where it names none.</summary>
    public string Namespace => Value.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 ? Value[..colon] : "default";

    /// <summary>Reads a room's name.</summary>
    /// <exception cref="FormatException">The text is not a room's name.</exception>
    public static RoomId Parse(string s, IFormatProvider? provider = null) =>
        TryParse(s, provider, out var result)
            ? result
            : throw new FormatException("A room id has 1 to 128 of A-Z a-z 0-9 _ . : -");

    /// <summary>Reads a room's name; false where the text is none.</summary>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out RoomId result)
    {
        result = s is { Length: > 0 and <= MaxLength } && !s.AsSpan().ContainsAnyExcept(Allowed) ? new RoomId(s) : null;
        return result is not null;
    }

    /// <inheritdoc/>
    public override string ToString() => Value;
}
