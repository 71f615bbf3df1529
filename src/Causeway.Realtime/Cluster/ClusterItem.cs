using System.Text;

namespace Causeway.Realtime;

/// <summary>What nodes tell each other. The numbers are on the wire between releases: never reuse one.</summary>
internal enum ClusterItemKind : byte
{
    /// <summary>A room's log has grown.</summary>
    Advanced = 1,

    /// <summary>A message that no log holds.</summary>
    Message = 2,

    /// <summary>Who is in a room on the sender.</summary>
    Presence = 3,

    /// <summary>A node is no more, and nobody is on it.</summary>
    NodeGone = 4,

    /// <summary>A room was deleted.</summary>
    Closed = 5,

    /// <summary>Put a user, or a connection, out of a room.</summary>
    Kick = 6,

    /// <summary>Send to a user, a connection, or everybody.</summary>
    Direct = 7,

    /// <summary>Close the connections of a user or a session, or one.</summary>
    Disconnect = 8,
}

/// <summary>An item on its way: a kind, the node that sent it, and its fields.</summary>
internal static class ClusterItem
{
    /// <summary>Of a text that is null.</summary>
    private const char Null = '\0';

    public static byte[] Write(ClusterItemKind kind, string node, Action<BinaryWriter> fields)
    {
        using var stream = new MemoryStream(256);
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write((byte)kind);
        writer.Write(node);
        fields(writer);
        writer.Flush();
        return stream.ToArray();
    }

    public static void WriteText(this BinaryWriter writer, string? text) => writer.Write(text ?? Null.ToString());

    public static string? ReadText(this BinaryReader reader) => reader.ReadString() is var text && text is not [Null] ? text : null;

    public static void WriteBytes(this BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write7BitEncodedInt(bytes.Length);
        writer.Write(bytes);
    }

    public static byte[] ReadBytes(this BinaryReader reader) => reader.ReadBytes(reader.Read7BitEncodedInt());
}
