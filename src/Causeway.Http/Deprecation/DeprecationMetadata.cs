using System.Buffers;
using System.Globalization;

namespace Causeway.Http;

/// <summary>That an endpoint is on its way out: since when, until when, and where it is said what to use instead.</summary>
public sealed class DeprecationMetadata
{
    // Of a reference (RFC 3986), so that nothing ends the brackets of the Link header.
    private static readonly SearchValues<char> AddressCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%");

    /// <summary>Describes the end of an endpoint.</summary>
    /// <param name="since">From when it should no longer be used; may lie ahead.</param>
    /// <param name="sunset">From when it may be gone; null where that is not settled.</param>
    /// <param name="documentation">An address, relative or absolute, that says what to use instead; null for none.</param>
    /// <exception cref="ArgumentException">It would be gone before it is deprecated (RFC 9745, section 4), or the address is none.</exception>
    public DeprecationMetadata(DateTimeOffset since, DateTimeOffset? sunset, string? documentation)
    {
        if (sunset < since)
        {
            throw new ArgumentException("An endpoint can't be gone before it is deprecated.", nameof(sunset));
        }

        if (documentation is not null && (documentation.Length == 0 || documentation.AsSpan().ContainsAnyExcept(AddressCharacters)))
        {
            throw new ArgumentException($"'{documentation}' is no address.", nameof(documentation));
        }

        (Since, Sunset, Documentation) = (since, sunset, documentation);
    }

    /// <summary>From when it should no longer be used.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>From when it may be gone; null where that is not settled.</summary>
    public DateTimeOffset? Sunset { get; }

    /// <summary>Where it is said what to use instead; null for nowhere.</summary>
    public string? Documentation { get; }

    /// <summary><c>Deprecation</c> (RFC 9745): a date of structured fields.</summary>
    internal string DeprecationHeader => string.Create(CultureInfo.InvariantCulture, $"@{Since.ToUnixTimeSeconds()}");

    /// <summary><c>Sunset</c> (RFC 8594): a date as HTTP has them.</summary>
    internal string? SunsetHeader => Sunset?.ToUniversalTime().ToString("R", CultureInfo.InvariantCulture);

    /// <summary><c>Link</c> (RFC 8288) with both relations that the two standards give it.</summary>
    internal string? LinkHeader => Documentation is null ? null
        : Sunset is null ? $"<{Documentation}>; rel=\"deprecation\"; type=\"text/html\""
        : $"<{Documentation}>; rel=\"deprecation sunset\"; type=\"text/html\"";
}
