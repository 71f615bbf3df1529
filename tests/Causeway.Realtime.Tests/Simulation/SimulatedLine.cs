using Causeway.WebSockets;

namespace Causeway.Realtime.Tests;

/// <summary>A TCP connection: bytes in order both ways, so many on their way to the client and no more, until somebody ends it or it breaks.</summary>
internal sealed class SimulatedLine
{
    private readonly Simulator _simulator;
    private readonly SimulatedProcess _server;
    private readonly int _window;
    private readonly TimeSpan _way;
    private readonly Queue<byte[]> _toServer = new();
    private readonly Queue<byte[]> _unread = new();
    private TimeSpan _lastToServer;
    private TimeSpan _lastToClient;
    private int _onTheWay;
    private ReadOnlyMemory<byte> _waiting;
    private TaskCompletionSource? _write;
    private TaskCompletionSource? _read;
    private bool _isBroken;
    private bool _isChoked;
    private Action? _onGone;
    private bool _isGone;

    /// <param name="simulator">Where it happens.</param>
    /// <param name="server">The process at the other end.</param>
    /// <param name="window">Bytes that may be on their way to the client.</param>
    /// <param name="way">How long a byte is on its way, at most.</param>
    public SimulatedLine(Simulator simulator, SimulatedProcess server, int window, TimeSpan way)
    {
        (_simulator, _server, _window, _way) = (simulator, server, window, way);
        (Outlet, Stream) = (new LineOutlet(this), new LineStream(this));
    }

    public Outlet Outlet { get; }

    public Stream Stream { get; }

    /// <summary>The client gets bytes.</summary>
    public Action<byte[]>? OnBytes { get; set; }

    /// <summary>The client learns that it is over.</summary>
    public Action? OnBroken { get; set; }

    /// <summary>The server learns that it is over, where it does not read.</summary>
    public Action? OnGone
    {
        get => _onGone;
        set
        {
            _onGone = value;
            if (_isGone)
            {
                _onGone?.Invoke();
            }
        }
    }

    /// <summary>The client sends.</summary>
    public void Send(byte[] bytes)
    {
        if (!_isBroken)
        {
            _lastToServer = Later(_lastToServer);
            _server.After(_lastToServer - _simulator.Now, () =>
            {
                _toServer.Enqueue(bytes);
                EndRead();
            });
        }
    }

    /// <summary>The client reads nothing for a while.</summary>
    public void Choke(TimeSpan time)
    {
        _isChoked = true;
        _simulator.After(time, () =>
        {
            _isChoked = false;
            while (!_isChoked && _unread.TryDequeue(out var bytes))
            {
                Deliver(bytes);
            }
        });
    }

    /// <summary>The line is over, at both ends; what is on its way is lost.</summary>
    public void Break()
    {
        if (_isBroken)
        {
            return;
        }

        _isBroken = true;
        _simulator.After(_simulator.Chance.Between(TimeSpan.Zero, _way), () => OnBroken?.Invoke());
        _server.After(_simulator.Chance.Between(TimeSpan.Zero, _way), () =>
        {
            EndRead();
            _isGone = true;
            _onGone?.Invoke();
            var write = _write;
            _write = null;
            write?.SetException(new IOException("The line is broken."));
        });
    }

    /// <summary>The server is done: the client gets what was sent, then the end.</summary>
    public void End()
    {
        if (!_isBroken)
        {
            _lastToClient = Later(_lastToClient);
            _simulator.After(_lastToClient - _simulator.Now, () =>
            {
                var isNews = !_isBroken;
                _isBroken = true;
                if (isNews)
                {
                    OnBroken?.Invoke();
                }
            });
        }
    }

    private void EndRead()
    {
        var read = _read;
        _read = null;
        read?.SetResult();
    }

    private int Take(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(_window - _onTheWay, bytes.Length);
        if (count > 0)
        {
            var taken = bytes[..count].ToArray();
            _onTheWay += count;
            _lastToClient = Later(_lastToClient);
            _simulator.After(_lastToClient - _simulator.Now, () => Arrive(taken));
        }

        return count;
    }

    private void Arrive(byte[] bytes)
    {
        if (_isChoked)
        {
            _unread.Enqueue(bytes);
        }
        else
        {
            Deliver(bytes);
        }
    }

    private void Deliver(byte[] bytes)
    {
        if (_isBroken)
        {
            return;
        }

        _onTheWay -= bytes.Length;
        if (_write is not null)
        {
            _server.After(TimeSpan.Zero, GoOn);
        }

        OnBytes?.Invoke(bytes);
    }

    private void GoOn()
    {
        if (_write is { } write && !_isBroken)
        {
            _waiting = _waiting[Take(_waiting.Span)..];
            if (_waiting.IsEmpty)
            {
                _write = null;
                write.SetResult();
            }
        }
    }

    // Nothing overtakes anything.
    private TimeSpan Later(TimeSpan last)
    {
        var at = _simulator.Now + _simulator.Chance.Between(TimeSpan.Zero, _way);
        return at > last ? at : last;
    }

    private sealed class LineOutlet(SimulatedLine line) : Outlet
    {
        public override bool BypassesServer => true;

        public override int TryWrite(ReadOnlySpan<byte> bytes) => line._isBroken ? -1 : line.Take(bytes);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            if (line._isBroken)
            {
                return ValueTask.FromException(new IOException("The line is broken."));
            }

            line._waiting = bytes[line.Take(bytes.Span)..];
            if (line._waiting.IsEmpty)
            {
                return ValueTask.CompletedTask;
            }

            line._write = new TaskCompletionSource();
            return new ValueTask(line._write.Task);
        }

        public override void Reset() => line.Break();
    }

    private sealed class LineStream(SimulatedLine line) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (true)
            {
                if (line._isBroken)
                {
                    throw new IOException("The line is broken.");
                }

                if (line._toServer.TryPeek(out var bytes))
                {
                    // One frame fits into any buffer: the client sends small ones.
                    if (buffer.IsEmpty)
                    {
                        return 0;
                    }

                    line._toServer.Dequeue().CopyTo(buffer);
                    return bytes.Length;
                }

                line._read = new TaskCompletionSource();
                await line._read.Task;
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Flush()
        {
        }
    }
}
