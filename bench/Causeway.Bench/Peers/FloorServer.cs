using Causeway.Bench.Load;
using Causeway.Bench.Native;

namespace Causeway.Bench.Peers;

/// <summary>
/// The floor: a server of one thread with nothing but epoll, recv and send. All that was published in a turn goes to every subscriber as one batch
/// with one send. It checks next to nothing; it shows what the kernel alone costs, and is no product.
/// </summary>
internal sealed class FloorServer : IDisposable
{
    private const int MaxBacklogBytes = 1_048_576;

    private readonly Epoll _epoll = new();
    private readonly byte[] _buffer = new byte[512 * 1024];
    private readonly List<FloorConnection?> _byDescriptor = [];
    private readonly List<FloorConnection> _sockets = [];
    private readonly List<FloorConnection> _streams = [];
    private readonly FloorBatch _frames = new();
    private readonly FloorBatch _events = new();
    private readonly int _listener;

    private FloorServer(int port)
    {
        _listener = Sockets.Listen(port);
        _epoll.Add(_listener, Epoll.In, _listener);
    }

    public static int Serve(int port)
    {
        _ = Machine.RaiseFileLimit(100_000);
        using var server = new FloorServer(port);
        while (true)
        {
            server.Turn();
        }
    }

    public void Publish(ReadOnlySpan<byte> payload)
    {
        if (_sockets.Count > 0)
        {
            _frames.AppendFrame(payload);
        }

        if (_streams.Count > 0)
        {
            _events.AppendEvent(payload);
        }
    }

    public void Subscribe(FloorConnection connection) => (connection.IsStream ? _streams : _sockets).Add(connection);

    public void Watch(FloorConnection connection, bool writable) =>
        _epoll.Change(connection.Descriptor, writable ? Epoll.In | Epoll.Out : Epoll.In, connection.Descriptor);

    public void Dispose() => _epoll.Dispose();

    private void Turn()
    {
        var count = _epoll.Wait(-1);
        for (var i = 0; i < count; i++)
        {
            var descriptor = (int)_epoll.Data(i);
            if (descriptor == _listener)
            {
                Accept();
            }
            else if (_byDescriptor[descriptor] is { } connection)
            {
                var events = _epoll.Events(i);
                if ((events & Epoll.Out) != 0)
                {
                    connection.Flush();
                }

                if ((events & ~Epoll.Out) != 0)
                {
                    connection.Read(_buffer);
                }

                if (connection.IsBroken)
                {
                    Remove(connection);
                }
            }
        }

        Deliver(_frames, _sockets);
        Deliver(_events, _streams);
    }

    private void Deliver(FloorBatch batch, List<FloorConnection> subscribers)
    {
        if (batch.Bytes.IsEmpty)
        {
            return;
        }

        for (var i = subscribers.Count - 1; i >= 0; i--)
        {
            subscribers[i].Send(batch.Bytes);
            if (subscribers[i].IsBroken || subscribers[i].BacklogBytes > MaxBacklogBytes)
            {
                Remove(subscribers[i]);
            }
        }

        batch.Clear();
    }

    private void Accept()
    {
        int descriptor;
        while ((descriptor = Sockets.Accept(_listener)) >= 0)
        {
            while (_byDescriptor.Count <= descriptor)
            {
                _byDescriptor.Add(null);
            }

            _byDescriptor[descriptor] = new FloorConnection(this, descriptor);
            _epoll.Add(descriptor, Epoll.In, descriptor);
        }
    }

    private void Remove(FloorConnection connection)
    {
        _byDescriptor[connection.Descriptor] = null;
        _ = _sockets.Remove(connection) || _streams.Remove(connection);
        Sockets.Reset(connection.Descriptor);
    }
}
