using System.Globalization;

namespace Causeway.Realtime;

/// <summary>The <c>id:</c> of an event: the positions in all rooms of a stream, in the order of its URL. Opaque to clients.</summary>
/// <remarks><c>EPOCH.OFFSET</c> for each room, joined by <c>~</c>; <c>-</c> for a room without history.</remarks>
internal static class EventCursor
{
    private const char Separator = '~';
    private const string None = "-";

    public static string Format(string epoch, long offset) => string.Create(CultureInfo.InvariantCulture, $"{epoch}.{offset}");

    public static string Format(IEnumerable<RoomPosition?> positions) =>
        string.Join(Separator, positions.Select(static p => p is { } known ? Format(known.Epoch, known.Offset) : None));

    /// <summary>Reads a cursor of so many rooms; false where it is none.</summary>
    public static bool TryParse(string text, int rooms, out RoomPosition?[] positions)
    {
        positions = [];
        var parts = text.Split(Separator);
        if (parts.Length != rooms)
        {
            return false;
        }

        var read = new RoomPosition?[rooms];
        for (var i = 0; i < rooms; i++)
        {
            if (parts[i] == None)
            {
                continue;
            }

            var dot = parts[i].IndexOf('.', StringComparison.Ordinal);
            if (dot <= 0 || !long.TryParse(parts[i].AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
            {
                return false;
            }

            read[i] = new RoomPosition(parts[i][..dot], offset);
        }

        positions = read;
        return true;
    }
}

/// <summary>A place in a room's log.</summary>
internal readonly record struct RoomPosition(string Epoch, long Offset);
