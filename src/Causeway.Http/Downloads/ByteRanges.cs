using System.Globalization;

namespace Causeway.Http;

/// <summary>Reads the header <c>Range</c> (RFC 9110, section 14).</summary>
internal static class ByteRanges
{
    /// <summary>More ranges than this are no reader's, and are not served as such.</summary>
    public const int MaxRanges = 16;

    private const string Unit = "bytes";

    /// <summary>The parts that are asked for, in the order they are asked in; overlapping ones as one.</summary>
    /// <param name="header">The header's value.</param>
    /// <param name="length">Bytes of the whole content.</param>
    /// <returns>
    /// Null where the header does not count and the whole content is the answer: another unit, not well-formed, too many ranges, or a suffix of an
    /// empty content. Empty where none of the ranges lies in the content: 416.
    /// </returns>
    public static IReadOnlyList<ByteRange>? Read(string header, long length)
    {
        var equals = header.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !header.AsSpan(0, equals).Trim(" \t").Equals(Unit, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var set = header.AsSpan(equals + 1);
        var ranges = new List<ByteRange>();
        var count = 0;
        foreach (var piece in set.Split(','))
        {
            var text = set[piece].Trim(" \t");
            if (text.IsEmpty)
            {
                continue;   // a list may have empty elements
            }

            if (++count > MaxRanges || !TryRead(text, out var first, out var last))
            {
                return null;
            }

            if (first is null)
            {
                if (length == 0 && last > 0)
                {
                    return null;   // satisfiable, but no Content-Range can say it
                }

                var suffix = Math.Min(last!.Value, length);
                Add(ranges, new ByteRange(length - suffix, suffix));
            }
            else if (first < length)
            {
                Add(ranges, new ByteRange(first.Value, Math.Min(last ?? long.MaxValue, length - 1) - first.Value + 1));
            }
        }

        return count == 0 ? null : Coalesce(ranges);
    }

    private static void Add(List<ByteRange> ranges, ByteRange range)
    {
        if (range.Length > 0)
        {
            ranges.Add(range);
        }
    }

    /// <summary><c>first-</c>, <c>first-last</c> or <c>-length</c>, where first is null.</summary>
    private static bool TryRead(ReadOnlySpan<char> text, out long? first, out long? last)
    {
        first = last = null;
        var dash = text.IndexOf('-');
        return dash >= 0
            && TryReadNumber(text[..dash].Trim(" \t"), ref first)
            && TryReadNumber(text[(dash + 1)..].Trim(" \t"), ref last)
            && (first is not null || last is not null)
            && (first is null || last is null || first <= last);
    }

    private static bool TryReadNumber(ReadOnlySpan<char> digits, ref long? number)
    {
        if (digits.IsEmpty)
        {
            return true;
        }

        if (digits.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        // A number beyond all bounds is well-formed, and beyond the content's end.
        number = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : long.MaxValue;
        return true;
    }

    /// <summary>Ranges that overlap would send the same bytes again and again, so then all of them are put in order and together.</summary>
    private static List<ByteRange> Coalesce(List<ByteRange> ranges)
    {
        var sorted = ranges.OrderBy(static range => range.First).ToList();
        var merged = new List<ByteRange>();
        var overlaps = false;
        foreach (var range in sorted)
        {
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
            {
                overlaps |= range.First <= merged[^1].Last;
                merged[^1] = merged[^1] with { Length = Math.Max(merged[^1].Last, range.Last) - merged[^1].First + 1 };
            }
            else
            {
                merged.Add(range);
            }
        }

        return overlaps || merged.Count == 1 ? merged : ranges;
    }
}
