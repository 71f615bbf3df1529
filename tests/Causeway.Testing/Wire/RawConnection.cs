using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Causeway.Testing;

/// <summary>A TCP connection under full control of the test: what is sent, when, and whether anything is read at all.</summary>
/// <remarks>Every read is bounded by <see cref="Limits.Test"/>. Not for several readers at once; writers take turns.</remarks>
public sealed class RawConnection : IDisposable
{
    private readonly SemaphoreSlim _writing = new(1, 1);
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;
    private CancellationTokenSource _limit = new();

    private RawConnection(Socket socket) => Socket = socket;

    /// <summary>The socket itself.</summary>
    public Socket Socket { get; }

    /// <summary>Connects to the host and port of an address.</summary>
    /// <param name="uri">Its host must be an IP address or <c>localhost</c>.</param>
    /// <param name="receiveBufferBytes">The kernel's receive buffer, to make a slow reader slow soon; null for the system's.</param>
    public static async Task<RawConnection> OpenAsync(Uri uri, int? receiveBufferBytes = null)
    {
        var address = IPAddress.TryParse(uri.Host.Trim('[', ']'), out var ip) ? ip : IPAddress.Loopback;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (receiveBufferBytes is { } bytes)
            {
                socket.ReceiveBufferSize = bytes;
            }

            using var limit = new CancellationTokenSource(Limits.Test);
            await socket.ConnectAsync(new IPEndPoint(address, uri.Port), limit.Token).ConfigureAwait(false);
            return new RawConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A connection that a listener of the test accepted.</summary>
    public static RawConnection Of(Socket accepted) => new(accepted);

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _writing.WaitAsync(Limits.Test).ConfigureAwait(false);
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await Socket.SendAsync(bytes, SocketFlags.None).AsTask().Within().ConfigureAwait(false)..];
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Sends text as ASCII.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>Sends bytes one at a time, each in a packet of its own where the system lets it.</summary>
    public async Task DribbleAsync(ReadOnlyMemory<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            await SendAsync(bytes.Slice(i, 1)).ConfigureAwait(false);
            await Task.Yield();
        }
    }

    /// <summary>Reads one line that ends with LF or CRLF; null at the end of the stream.</summary>
    public async ValueTask<string?> ReadLineAsync()
    {
        var scanned = 0;
        while (true)
        {
            var index = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (index >= 0)
            {
                var length = scanned + index;
                var line = Encoding.UTF8.GetString(_buffer, _start, length).TrimEnd('\r');
                _start += length + 1;
                return line;
            }

            scanned = _end - _start;
            if (!await FillAsync().ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    /// <summary>Reads exactly so many bytes.</summary>
    /// <exception cref="EndOfStreamException">The peer closed before.</exception>
    public async ValueTask<byte[]> ReadExactlyAsync(int count)
    {
        if (count == 0)
        {
            return [];
        }

        while (_end - _start < count)
        {
            if (!await FillAsync().ConfigureAwait(false))
            {
                throw new EndOfStreamException($"The peer closed with {_end - _start} of {count} bytes sent.");
            }
        }

        var bytes = _buffer.AsSpan(_start, count).ToArray();
        _start += count;
        return bytes;
    }

    /// <summary>Reads whatever comes until the peer closes.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        while (await FillAsync().ConfigureAwait(false))
        {
            // The buffer grows.
        }

        var bytes = _buffer.AsSpan(_start, _end - _start).ToArray();
        _start = _end;
        return bytes;
    }

    /// <summary>Makes sure that at least one byte is there; false at the end of the stream.</summary>
    public async ValueTask<bool> AnyAsync() => _end > _start || await FillAsync().ConfigureAwait(false);

    /// <summary>Says that nothing more will be sent, and keeps reading possible.</summary>
    public void HalfClose() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>Drops the connection as a crash would: with a reset.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Socket.Dispose();
        _limit.Dispose();
        _writing.Dispose();
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            MakeRoom();
        }

        _limit.CancelAfter(Limits.Test);
        int read;
        try
        {
            read = await Socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, _limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_limit.IsCancellationRequested)
        {
            _limit.Dispose();
            _limit = new CancellationTokenSource();
            throw new TimeoutException($"Nothing came within {Limits.Test.TotalSeconds:0} s.");
        }

        if (!_limit.TryReset())
        {
            _limit.Dispose();
            _limit = new CancellationTokenSource();
        }

        _end += read;
        return read > 0;
    }

    private void MakeRoom()
    {
        var used = _end - _start;
        var target = used > _buffer.Length / 2 ? new byte[_buffer.Length * 2] : _buffer;
        Buffer.BlockCopy(_buffer, _start, target, 0, used);
        (_buffer, _start, _end) = (target, 0, used);
    }
}
