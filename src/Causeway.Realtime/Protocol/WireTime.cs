using System.Globalization;

namespace Causeway.Realtime;

/// <summary>Times on the wire: RFC 3339, UTC, milliseconds.</summary>
internal static class WireTime
{
    public const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static string ToText(DateTimeOffset time) => time.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);
}
