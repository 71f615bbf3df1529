using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Causeway.Relay;

/// <summary>Why a connection was cut from this side.</summary>
internal enum Cut
{
    None,

    /// <summary>Its deadline passed.</summary>
    TimedOut,

    /// <summary>The client left.</summary>
    ClientGone,

    /// <summary>It is of no more use.</summary>
    Discarded,
}

/// <summary>One connection to a backend: plain or TLS, with what was read ahead. Its deadline is watched from outside, so that a wait costs no timer.</summary>
internal sealed class BackendConnection(Socket socket, Stream? tls, TimeProvider time) : IDisposable
{
    private const long Never = long.MaxValue;

    private const int BufferBytes = 8_192;

    private byte[]? _buffer;
    private int _start;
    private int _end;
    private long _deadline = Never;
    private int _cut;

    /// <summary>What the previous answers on this connection looked like.</summary>
    public ResponseHead Head { get; } = new();

    /// <summary>When it was made, or was last put back.</summary>
    public long Since { get; set; } = time.GetTimestamp();

    /// <summary>When it was made.</summary>
    public long Opened { get; } = time.GetTimestamp();

    /// <summary>It served a request before, so that the backend may have closed it meanwhile.</summary>
    public bool IsReused { get; set; }

    /// <summary>Why it was cut, if it was.</summary>
    public Cut Cut => (Cut)Volatile.Read(ref _cut);

    /// <summary>What was received and not taken yet.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <summary>The same, for a writer that takes memory.</summary>
    public ReadOnlyMemory<byte> BufferedMemory => _buffer.AsMemory(_start, _end - _start);

    /// <summary>The plain socket, for whoever takes the connection over; null under TLS.</summary>
    public Socket? PlainSocket => tls is null ? socket : null;

    /// <summary>The TLS stream, for whoever takes the connection over; null on plain connections.</summary>
    public Stream? TlsStream => tls;

    /// <summary>The last read behind what is buffered took all it had room for: under TLS more may be decrypted already, which no look at the socket shows.</summary>
    public bool MayHoldMore { get; private set; }

    /// <summary>Whether an idle connection can take another request: a backend that says something unasked, or closes, is done.</summary>
    public bool IsUsable
    {
        get
        {
            try
            {
                return Cut == Cut.None && !socket.Poll(0, SelectMode.SelectRead);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <summary>Takes bytes that were received.</summary>
    public void Consume(int count)
    {
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Receives straight into somebody's memory; nothing may be buffered. 0 at the end.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> memory) =>
        tls is null ? socket.ReceiveAsync(memory, SocketFlags.None, CancellationToken.None) : tls.ReadAsync(memory, CancellationToken.None);

    /// <summary>Receives more behind what is buffered.</summary>
    /// <param name="maxBytes">How much may be buffered; more is the backend's fault.</param>
    /// <returns>How much came; 0 at the end.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> FillAsync(int maxBytes = BufferBytes)
    {
        MakeRoom(maxBytes);
        var received = await ReceiveAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
        _end += received;
        MayHoldMore = tls is not null && _end == _buffer!.Length;
        return received;
    }

    /// <summary>Receives and reads one head, which may be that of an interim answer. What comes behind it stays buffered.</summary>
    /// <exception cref="BackendException">There is none, or it can't be read.</exception>
    public async ValueTask ReadHeadAsync(bool isHead)
    {
        int end;
        while ((end = ResponseHead.EndOf(Buffered)) == 0)
        {
            if (await FillAsync(ResponseHead.MaxBytes).ConfigureAwait(false) == 0)
            {
                throw new BackendException(BackendPhase.Head, "It closed the connection before its answer's head was complete.") { BeforeAnswer = Buffered.IsEmpty };
            }
        }

        TakeHead(end, isHead);
    }

    /// <summary>Reads a head that was received.</summary>
    /// <exception cref="BackendException">It can't be read.</exception>
    public void TakeHead(int end, bool isHead)
    {
        var flaw = Head.Parse(Buffered[..end], isHead);
        Consume(end);
        if (flaw is not null)
        {
            throw new BackendException(BackendPhase.Head, $"Its answer can't be read: {flaw}.");
        }
    }

    /// <summary>Sends all of it.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (tls is not null)
        {
            return tls.WriteAsync(bytes, CancellationToken.None);
        }

        var sending = socket.SendAsync(bytes, SocketFlags.None, CancellationToken.None);
        if (sending.IsCompletedSuccessfully)
        {
            var sent = sending.Result;
            return sent == bytes.Length ? ValueTask.CompletedTask : SendRestAsync(ValueTask.FromResult(sent), bytes);
        }

        return SendRestAsync(sending, bytes);
    }

    /// <summary>Cuts the connection unless it is touched or disarmed within this time.</summary>
    public void Arm(TimeSpan limit) => Volatile.Write(ref _deadline, time.GetTimestamp() + (long)(limit.TotalSeconds * time.TimestampFrequency));

    /// <summary>Lets it wait for as long as it takes.</summary>
    public void Disarm() => Volatile.Write(ref _deadline, Never);

    /// <summary>Whether its deadline has passed.</summary>
    public bool IsLate(long now) => now > Volatile.Read(ref _deadline);

    /// <summary>Cuts it: whatever waits on it fails at once.</summary>
    public void Abort(Cut why)
    {
        if (Interlocked.CompareExchange(ref _cut, (int)why, (int)Cut.None) == (int)Cut.None)
        {
            socket.Dispose();
        }
    }

    /// <summary>Gives the buffer back; the connection may be idle for long.</summary>
    public void Rest()
    {
        if (_buffer is { } buffer && _start == _end)
        {
            _buffer = null;
            _start = _end = 0;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Closes it. Only for its one user: nothing may wait on it any more.</summary>
    public void Dispose()
    {
        Abort(Cut.Discarded);
        tls?.Dispose();
        _start = _end = 0;
        Rest();
    }

    private void MakeRoom(int maxBytes)
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        }
        else if (_end == _buffer.Length)
        {
            var used = _end - _start;
            if (_start == 0 && used >= maxBytes)
            {
                throw new BackendException(BackendPhase.Head, $"It sent over {maxBytes} bytes where less was expected.");
            }

            var target = used > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
            _buffer.AsSpan(_start, used).CopyTo(target);
            if (target != _buffer)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = target;
            }

            (_start, _end) = (0, used);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendRestAsync(ValueTask<int> sending, ReadOnlyMemory<byte> bytes)
    {
        while (true)
        {
            bytes = bytes[await sending.ConfigureAwait(false)..];
            if (bytes.IsEmpty)
            {
                return;
            }

            sending = socket.SendAsync(bytes, SocketFlags.None, CancellationToken.None);
        }
    }
}
