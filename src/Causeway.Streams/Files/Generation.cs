using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Causeway.Streams;

/// <summary>One content of a source's file, from its first byte until it is rotated away or truncated. The file stays open as long as a reader needs it.</summary>
/// <remarks>What changes is changed by the tail alone, under its gate. Reading the file needs no gate, only a use (<see cref="Uses"/>).</remarks>
internal sealed class Generation(SafeFileHandle file, FileKey key) : IDisposable
{
    /// <summary>So much of the first line makes the identity.</summary>
    private const int MaxHead = 1024;

    public SafeFileHandle File => file;

    public FileKey Key => key;

    /// <summary>Names this content in ids; null until its first line is whole.</summary>
    public string? Identity { get; private set; }

    /// <summary>The offset after the last whole line that the tail has seen.</summary>
    public long Complete => Mark.Complete;

    /// <summary>What must stand in the file for <see cref="Complete"/> to be true.</summary>
    public Mark Mark { get; private set; } = new([], [], 0);

    /// <summary>The offset after the line that ends the source; null while there is none.</summary>
    public long? EndsAt { get; set; }

    /// <summary>How it ended; null while it is the current one.</summary>
    public Ending? Ending { get; set; }

    /// <summary>What came after it.</summary>
    public Generation? Next { get; set; }

    /// <summary>The bytes are no longer in the file.</summary>
    public bool IsLost { get; set; }

    /// <summary>Since when another file has its name; it is read to its end before that one's turn comes.</summary>
    public long? PassingSince { get; set; }

    /// <summary>Since when it has not grown, while it is passing.</summary>
    public long? QuietSince { get; set; }

    /// <summary>Bytes of a last line that never got its end.</summary>
    public long Unfinished { get; set; }

    /// <summary>Readers that are in it.</summary>
    public int Uses { get; set; }

    /// <summary>No resume finds it any more.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>When it ended, by the clock's timestamps.</summary>
    public long EndedAt { get; set; }

    public long Length => RandomAccess.GetLength(file);

    /// <summary>Opens the file at a path; null where there is none that can be followed.</summary>
    /// <exception cref="IOException">It is there and can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It is there and may not be opened.</exception>
    public static Generation? Open(string path)
    {
        // A pipe would hold up the opening itself.
        if (FileKey.Of(path) is null)
        {
            return null;
        }

        SafeFileHandle? file = null;
        try
        {
            file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var opened = new Generation(file, FileKey.Of(file));
            file = null;
            return opened;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>What tells at this moment whether the content is still the same, up to an offset after a line's end.</summary>
    /// <returns>Null where the file ends before.</returns>
    public Mark? MarkAt(long complete)
    {
        var last = new byte[(int)Math.Min(EventId.CheckWindow, complete)];
        return FileBytes.Read(file, last, complete - last.Length) == last.Length ? new Mark(Mark.Head, last, complete) : null;
    }

    /// <summary>Notes how far whole lines go.</summary>
    public void Advance(Mark mark) => Mark = mark;

    /// <summary>Whether the file still has the content it had: what was read before this was asked is then good.</summary>
    public bool IsIntact(Mark mark) =>
        HasAt(mark.Head, 0) && HasAt(mark.Last, mark.Complete - mark.Last.Length);

    public void Dispose() => file.Dispose();

    /// <summary>Finds out the identity; false while the first line is not whole.</summary>
    public bool TryIdentify()
    {
        if (Identity is not null)
        {
            return true;
        }

        var head = new byte[MaxHead];
        head = head[..FileBytes.Read(file, head, 0)];
        var end = head.AsSpan().IndexOf((byte)'\n');
        if (end < 0 && head.Length < MaxHead)
        {
            return false;
        }

        head = end < 0 ? head : head[..(end + 1)];
        Mark = Mark with { Head = head };
        Span<byte> text = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(text, key.Device);
        BinaryPrimitives.WriteUInt64LittleEndian(text[8..], key.Inode);
        BinaryPrimitives.WriteInt64LittleEndian(text[16..], key.Birth);
        Identity = Base64Url.EncodeToString(SHA256.HashData([.. text, .. head]).AsSpan(0, EventId.IdentityBytes));
        return true;
    }

    private bool HasAt(byte[] expected, long offset)
    {
        if (expected.Length == 0)
        {
            return true;
        }

        Span<byte> found = stackalloc byte[MaxHead];
        found = found[..expected.Length];
        return FileBytes.Read(file, found, offset) == expected.Length && found.SequenceEqual(expected);
    }

}

/// <summary>What must stand in a file for its content to be the same: its first line, and the last bytes read of it.</summary>
/// <param name="Head">At the file's beginning.</param>
/// <param name="Last">Right before <paramref name="Complete"/>.</param>
/// <param name="Complete">After a line's end.</param>
internal sealed record Mark(byte[] Head, byte[] Last, long Complete);

/// <summary>How a content of the file came to its end.</summary>
internal enum Ending
{
    /// <summary>Another file took its place.</summary>
    Rotated = 1,

    /// <summary>The same file begins anew.</summary>
    Truncated,
}
