using System.Text;

namespace Causeway.Relay;

/// <summary>Reads what a process prints, line by line, until it closes the pipe.</summary>
/// <remarks>A pipe can't be read asynchronously here: a pending read would hold a thread of the pool. So each has one of its own.</remarks>
internal static class OutputReader
{
    /// <summary>The longest line in bytes; the rest of a longer one comes as a line of its own.</summary>
    public const int MaxLineBytes = 8_192;

    /// <summary>Begins to read.</summary>
    /// <param name="name">Names the thread.</param>
    /// <param name="pipe">Where from.</param>
    /// <param name="take">Gets every line, on the reading thread.</param>
    /// <returns>Completes at the end of the pipe.</returns>
    public static Task Start(string name, Stream pipe, Action<string> take)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                Read(pipe, take);
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // The pipe's other end is gone: so is the output.
            }
            finally
            {
                done.SetResult();
            }
        })
        {
            IsBackground = true,
            Name = name,
        }.UnsafeStart();
        return done.Task;
    }

    private static void Read(Stream pipe, Action<string> take)
    {
        var buffer = new byte[MaxLineBytes];
        var filled = 0;
        while (pipe.Read(buffer, filled, buffer.Length - filled) is var read and > 0)
        {
            filled += read;
            var start = 0;
            while (buffer.AsSpan(start, filled - start).IndexOf((byte)'\n') is var end and >= 0)
            {
                take(Text(buffer.AsSpan(start, end)));
                start += end + 1;
            }

            if (start == 0 && filled == buffer.Length)
            {
                start = WholeCharacters(buffer);
                take(Text(buffer.AsSpan(0, start)));
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
        }

        if (filled > 0)
        {
            take(Text(buffer.AsSpan(0, filled)));
        }
    }

    private static string Text(ReadOnlySpan<byte> line) => Encoding.UTF8.GetString(line is [.. var text, (byte)'\r'] ? text : line);

    /// <summary>How much of a full buffer can be cut off without cutting a character in two.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> buffer)
    {
        var cut = buffer.Length;
        while (cut > buffer.Length - 4 && (buffer[cut - 1] & 0xC0) == 0x80)
        {
            cut--;
        }

        // What stands there now begins a character; a character of one byte is whole already.
        return buffer[cut - 1] >= 0xC0 ? cut - 1 : buffer.Length;
    }
}
