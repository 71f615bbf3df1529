using Microsoft.Win32.SafeHandles;

namespace Causeway.Streams;

/// <summary>Reads pieces of a file.</summary>
internal static class FileBytes
{
    /// <summary>Fills the buffer from an offset on; less where the file ends before.</summary>
    public static int Read(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var done = 0;
        while (done < buffer.Length && RandomAccess.Read(file, buffer[done..], offset + done) is > 0 and var read)
        {
            done += read;
        }

        return done;
    }

    /// <summary>The offset after the last line end before an offset; 0 where there is none.</summary>
    public static long AfterLastLineEnd(SafeFileHandle file, long before)
    {
        Span<byte> buffer = stackalloc byte[4096];
        for (var end = before; end > 0;)
        {
            var start = Math.Max(0, end - buffer.Length);
            var read = Read(file, buffer[..(int)(end - start)], start);
            if (buffer[..read].LastIndexOf((byte)'\n') is >= 0 and var at)
            {
                return start + at + 1;
            }

            end = start;
        }

        return 0;
    }
}
