using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Causeway.Relay;

/// <summary>Streams a request's body to the backend, holding one buffer of it.</summary>
/// <param name="reader">The client's body.</param>
/// <param name="connection">Where to.</param>
/// <param name="idle">How long neither side may stand still.</param>
/// <param name="firstByte">How long the answer may take once all was sent.</param>
/// <param name="chunked">Whether the backend is not told its length beforehand.</param>
internal sealed class Upload(PipeReader reader, BackendConnection connection, TimeSpan idle, TimeSpan firstByte, bool chunked)
{
    private const int BufferBytes = 32_768;

    // Room before and behind the bytes of a chunk: its size as 8 hex digits and CRLF; CRLF.
    private const int ChunkHead = 10;
    private const int ChunkTail = 2;

    // A backend that takes no more has mostly said why.
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(5);

    /// <summary>The client's body could not be read; null while it could.</summary>
    public Exception? ClientFault { get; private set; }

    /// <summary>Whether it is the client that is waited for.</summary>
    public bool AwaitsClient { get; private set; }

    /// <summary>Sends the whole body. Ends early where the backend takes no more; its answer says why.</summary>
    /// <returns>Whether all of it was sent.</returns>
    public async Task<bool> RunAsync()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes + ChunkHead + ChunkTail);
        try
        {
            connection.Arm(idle);
            while (await PassOnAsync(buffer).ConfigureAwait(false) is var more && more != Progress.Done)
            {
                if (more == Progress.Stopped)
                {
                    return false;
                }
            }

            if (chunked)
            {
                "0\r\n\r\n"u8.CopyTo(buffer);
                await connection.SendAsync(buffer.AsMemory(0, 5)).ConfigureAwait(false);
            }

            connection.Arm(firstByte);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException && ClientFault is null)
        {
            connection.Arm(LastWord);
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Ends it, as the answer is complete without the rest.</summary>
    public void Stop() => reader.CancelPendingRead();

    private static Memory<byte> Frame(byte[] buffer, int length)
    {
        _ = Utf8Formatter.TryFormat(length, buffer, out _, new StandardFormat('x', ChunkHead - 2));
        "\r\n"u8.CopyTo(buffer.AsSpan(ChunkHead - 2));
        "\r\n"u8.CopyTo(buffer.AsSpan(ChunkHead + length));
        return buffer.AsMemory(0, ChunkHead + length + ChunkTail);
    }

    /// <summary>Sends what the client has sent so far.</summary>
    private async ValueTask<Progress> PassOnAsync(byte[] buffer)
    {
        var read = await ReadAsync().ConfigureAwait(false);
        var rest = read.Buffer;
        try
        {
            while (!rest.IsEmpty && !read.IsCanceled)
            {
                var length = (int)Math.Min(rest.Length, BufferBytes);
                rest.Slice(0, length).CopyTo(buffer.AsSpan(ChunkHead));
                await connection.SendAsync(chunked ? Frame(buffer, length) : buffer.AsMemory(ChunkHead, length)).ConfigureAwait(false);
                connection.Arm(idle);
                rest = rest.Slice(length);
            }
        }
        finally
        {
            reader.AdvanceTo(rest.Start);
        }

        return read.IsCanceled ? Progress.Stopped : read.IsCompleted ? Progress.Done : Progress.More;
    }

    private async ValueTask<ReadResult> ReadAsync()
    {
        AwaitsClient = true;
        try
        {
            return await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The backend waits for a body that won't come: end that wait.
            ClientFault = exception;
            connection.Abort(Cut.ClientGone);
            throw;
        }
        finally
        {
            AwaitsClient = false;
        }
    }

    private enum Progress
    {
        More = 1,
        Done,
        Stopped,
    }
}
