using System.Buffers;
using Causeway.WebSockets;

namespace Causeway.Realtime.Tests;

/// <summary>A way out whose line takes as many bytes as the test lets it.</summary>
internal sealed class TestOutlet(bool bypassesServer = true) : Outlet
{
    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _taken = new();
    private long _room = long.MaxValue;
    private ReadOnlyMemory<byte> _waiting;
    private TaskCompletionSource? _write;

    public override bool BypassesServer => bypassesServer;

    /// <summary>Called when the server cuts the line.</summary>
    public Action? OnReset { get; set; }

    /// <summary>Called before the line takes something.</summary>
    public Action? OnWrite { get; set; }

    public bool WasReset { get; private set; }

    /// <summary>Everything that the line took.</summary>
    public byte[] Taken
    {
        get
        {
            lock (_gate)
            {
                return _taken.WrittenSpan.ToArray();
            }
        }
    }

    /// <summary>Takes nothing more.</summary>
    public void Choke()
    {
        lock (_gate)
        {
            _room = 0;
        }
    }

    /// <summary>Takes everything from now on.</summary>
    public void Open() => Open(long.MaxValue);

    /// <summary>Takes so many bytes more.</summary>
    public void Open(long bytes)
    {
        TaskCompletionSource? done = null;
        lock (_gate)
        {
            _room = bytes > long.MaxValue - _room ? long.MaxValue : _room + bytes;
            if (_write is not null)
            {
                _waiting = _waiting[Take(_waiting.Span)..];
                if (_waiting.IsEmpty)
                {
                    (done, _write) = (_write, null);
                }
            }
        }

        // The sender goes on within this call, so that a test knows when it has.
        done?.SetResult();
    }

    public override int TryWrite(ReadOnlySpan<byte> bytes)
    {
        OnWrite?.Invoke();
        lock (_gate)
        {
            return WasReset ? -1 : bypassesServer ? Take(bytes) : 0;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            if (WasReset)
            {
                return ValueTask.FromException(new IOException("The line is cut."));
            }

            Assert.Null(_write);
            _waiting = bytes[Take(bytes.Span)..];
            if (_waiting.IsEmpty)
            {
                return ValueTask.CompletedTask;
            }

            _write = new TaskCompletionSource();
            return new ValueTask(_write.Task);
        }
    }

    public override void Reset()
    {
        TaskCompletionSource? write;
        lock (_gate)
        {
            WasReset = true;
            (write, _write) = (_write, null);
        }

        write?.SetException(new IOException("The line is cut."));
        OnReset?.Invoke();
    }

    private int Take(ReadOnlySpan<byte> bytes)
    {
        var count = (int)Math.Min(_room, bytes.Length);
        _taken.Write(bytes[..count]);
        _room -= _room == long.MaxValue ? 0 : count;
        return count;
    }
}
