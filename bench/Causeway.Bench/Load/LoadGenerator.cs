using System.Diagnostics;
using Causeway.Bench.Native;
using Causeway.Bench.Protocols;

namespace Causeway.Bench.Load;

/// <summary>
/// All client connections of a run, on one thread and one epoll set. It is timed itself: a figure taken while it was busy nearly all the time is a
/// lower bound of the server's.
/// </summary>
internal sealed class LoadGenerator(PeerProtocol protocol, int port) : IDisposable
{
    // Fewer than the usual listen backlog, so that no SYN is dropped and waits a second to be sent again.
    private const int ConnectingAtOnce = 200;
    private const int PortsPerAddress = 20_000;

    private readonly Epoll _epoll = new();
    private readonly byte[] _buffer = new byte[512 * 1024];
    private readonly List<LoadClient> _clients = [];
    private int _ready;

    /// <summary>Connections that ended though nobody here ended them.</summary>
    public int ClosedByServer { get; private set; }

    public string? FirstFailure { get; private set; }

    public PeerProtocol Protocol => protocol;

    /// <summary>Opens connections and waits until every one is ready.</summary>
    public IReadOnlyList<LoadClient> Open(int count, Role role, TimeSpan limit, int receiveBufferBytes = 0)
    {
        var first = _clients.Count;
        var readyBefore = _ready;
        var deadline = Deadline(limit);
        while (_ready - readyBefore < count)
        {
            while (_clients.Count - first < count && _clients.Count - first - (_ready - readyBefore) < ConnectingAtOnce)
            {
                var index = _clients.Count;
                var source = index < PortsPerAddress ? 0 : 1 + (index / PortsPerAddress);
                var client = new LoadClient(this, protocol, Sockets.StartConnect(port, source, receiveBufferBytes), index, role);
                _clients.Add(client);
                _epoll.Add(client.Fd, Epoll.In | Epoll.Out, index);
            }

            Turn(null, 100);
            if (ClosedByServer > 0 || Stopwatch.GetTimestamp() > deadline)
            {
                throw new BenchException($"only {_ready - readyBefore} of {count} connections opened; {FirstFailure ?? "time is up"}");
            }
        }

        return _clients.GetRange(first, count);
    }

    /// <summary>Lets connections that only listen join the room.</summary>
    public void Join(IReadOnlyList<LoadClient> clients, TimeSpan limit)
    {
        var deadline = Deadline(limit);
        var readyBefore = _ready;
        var asked = 0;
        while (_ready - readyBefore < clients.Count)
        {
            for (; asked < clients.Count && asked - (_ready - readyBefore) < ConnectingAtOnce; asked++)
            {
                clients[asked].Reopen();
                protocol.Join(clients[asked]);
            }

            Turn(null, 100);
            if (Stopwatch.GetTimestamp() > deadline)
            {
                throw new BenchException($"only {_ready - readyBefore} of {clients.Count} connections joined; {FirstFailure ?? "time is up"}");
            }
        }
    }

    public void RunMeasured(Traffic traffic) => Run(traffic, traffic.IsMeasuring);

    public void RunToTheEnd(Traffic traffic) => Run(traffic, now => !traffic.IsDone(now));

    /// <summary>Does nothing but answer pings.</summary>
    public void Idle(TimeSpan time)
    {
        var deadline = Deadline(time);
        while (Stopwatch.GetTimestamp() < deadline)
        {
            Turn(null, 100);
        }
    }

    /// <summary>Stops reading a connection, without a word to the server.</summary>
    public void Pause(LoadClient client)
    {
        client.Paused = true;
        Watch(client, 0);
    }

    /// <summary>Reads and forgets up to <paramref name="bytes"/> bytes of a paused connection.</summary>
    public void Sip(LoadClient client, int bytes)
    {
        if (client.State != ClientState.Closed && Sockets.Receive(client.Fd, _buffer.AsSpan(0, bytes)) is 0 or -2)
        {
            client.Fail("closed by the server while reading slowly");
        }
    }

    public void Watch(LoadClient client, uint events) => _epoll.Change(client.Fd, events, client.Index);

    public void OnReady() => _ready++;

    public void OnClosed(LoadClient client)
    {
        if (!client.Paused)
        {
            ClosedByServer++;
            FirstFailure ??= client.Failure;
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients)
        {
            if (client.State != ClientState.Closed)
            {
                Sockets.Reset(client.Fd);
            }
        }

        _epoll.Dispose();
    }

    private static long Deadline(TimeSpan time) => Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);

    private void Run(Traffic traffic, Func<long, bool> goesOn)
    {
        var now = Stopwatch.GetTimestamp();
        while (goesOn(now))
        {
            Turn(traffic, traffic.OnTurn(now));
            now = Stopwatch.GetTimestamp();
        }
    }

    private void Turn(Traffic? traffic, int timeoutMs)
    {
        var count = _epoll.Wait(timeoutMs);
        for (var i = 0; i < count; i++)
        {
            var client = _clients[(int)_epoll.Data(i)];
            var events = _epoll.Events(i);
            if (client.State == ClientState.Closed)
            {
                continue;
            }

            if (client.Paused)
            {
                client.Fail("closed by the server while stuck");
                continue;
            }

            if ((events & Epoll.Out) != 0)
            {
                client.OnWritable();
            }

            if ((events & (Epoll.In | Epoll.Error | Epoll.HangUp)) != 0 && client.State != ClientState.Closed)
            {
                client.OnReadable(_buffer, traffic);
            }
        }
    }
}
