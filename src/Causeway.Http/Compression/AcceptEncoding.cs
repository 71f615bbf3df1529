using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Causeway.Http;

/// <summary>How much a client wants each content coding (RFC 9110, section 12.5.3), from 0 for not at all to 1. Reads the header without allocating.</summary>
public readonly struct AcceptEncoding
{
    private AcceptEncoding(double brotli, double gzip, double identity) => (Brotli, Gzip, Identity) = (brotli, gzip, identity);

    /// <summary><c>br</c>.</summary>
    public double Brotli { get; }

    /// <summary><c>gzip</c>, or <c>x-gzip</c>, which means the same.</summary>
    public double Gzip { get; }

    /// <summary>The content as it is. Where it is not named it is acceptable, but after everything that is: 0.</summary>
    public double Identity { get; }

    /// <summary>The coding to use of those two: <c>br</c>, <c>gzip</c>, or null where the client wants neither, or the plain content more.</summary>
    public string? Preferred =>
        Brotli > 0 && Brotli >= Gzip && Brotli >= Identity ? "br"
        : Gzip > 0 && Gzip >= Identity ? "gzip"
        : null;

    /// <summary>Reads the header; what can't be read wants nothing.</summary>
    public static AcceptEncoding Parse(StringValues header)
    {
        double? brotli = null, gzip = null, identity = null, any = null;
        foreach (var line in header)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var entry = line.AsSpan(range).Trim();
                var semicolon = entry.IndexOf(';');
                var name = semicolon < 0 ? entry : entry[..semicolon].TrimEnd();
                var quality = semicolon < 0 ? 1 : QualityOf(entry[(semicolon + 1)..]);
                if (Is(name, "br"))
                {
                    brotli ??= quality;
                }
                else if (Is(name, "gzip") || Is(name, "x-gzip"))
                {
                    gzip ??= quality;
                }
                else if (Is(name, "identity"))
                {
                    identity ??= quality;
                }
                else if (name is "*")
                {
                    any ??= quality;
                }
            }
        }

        return new(brotli ?? any ?? 0, gzip ?? any ?? 0, identity ?? 0);
    }

    private static bool Is(ReadOnlySpan<char> name, ReadOnlySpan<char> coding) => name.Equals(coding, StringComparison.OrdinalIgnoreCase);

    private static double QualityOf(ReadOnlySpan<char> parameter)
    {
        parameter = parameter.Trim();
        return parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
            && double.TryParse(parameter[2..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var quality)
            && quality is >= 0 and <= 1
                ? quality
                : 0;
    }
}
