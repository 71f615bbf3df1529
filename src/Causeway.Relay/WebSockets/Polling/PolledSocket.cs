using System.Threading.Tasks.Sources;

namespace Causeway.Relay;

/// <summary>Says when a socket can be read or written again. One reader and one writer may wait at a time; both are resumed on the loop's thread.</summary>
internal sealed class PolledSocket : IDisposable
{
    private readonly Edge _readable = new();
    private readonly Edge _writable = new();

    /// <summary>Called once, when the socket is not watched any more.</summary>
    public Action? OnRemove { get; set; }

    /// <summary>Waits until bytes came, or the end, since the last wait.</summary>
    public ValueTask WaitReadableAsync() => _readable.WaitAsync();

    /// <summary>Waits until there was room since the last wait.</summary>
    public ValueTask WaitWritableAsync() => _writable.WaitAsync();

    /// <summary>The peer sends nothing more, or the line is broken: what is there must be read to the end, for no further readiness will be told.</summary>
    public bool HasPeerEnded { get; private set; }

    public void OnEvents(uint events)
    {
        HasPeerEnded |= (events & (Libc.PeerEnded | Libc.HungUp | Libc.Failed)) != 0;
        if ((events & ~Libc.Writable) != 0)
        {
            _readable.Signal();
        }

        if ((events & ~(Libc.Readable | Libc.PeerEnded)) != 0)
        {
            _writable.Signal();
        }
    }

    /// <summary>Lets go: whoever waits is resumed, and finds the socket closed.</summary>
    public void Dispose()
    {
        OnRemove?.Invoke();
        _readable.Signal();
        _writable.Signal();
    }

    /// <summary>A signal that is remembered until somebody waits for it.</summary>
    private sealed class Edge : IValueTaskSource
    {
        private const int None = 0;
        private const int Signalled = 1;
        private const int Waiting = 2;

        private ManualResetValueTaskSourceCore<bool> _source;
        private int _state;

        public ValueTask WaitAsync()
        {
            if (Interlocked.CompareExchange(ref _state, None, Signalled) == Signalled)
            {
                return default;
            }

            _source.Reset();
            return Interlocked.CompareExchange(ref _state, Waiting, None) == None
                ? new ValueTask(this, _source.Version)
                : TakeSignal();
        }

        public void Signal()
        {
            int state;
            do
            {
                state = Volatile.Read(ref _state);
            }
            while (Interlocked.CompareExchange(ref _state, state == Waiting ? None : Signalled, state) != state);

            if (state == Waiting)
            {
                _source.SetResult(true);
            }
        }

        public void GetResult(short token) => _source.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);

        private ValueTask TakeSignal()
        {
            Volatile.Write(ref _state, None);
            return default;
        }
    }
}
