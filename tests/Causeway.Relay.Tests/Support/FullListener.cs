using System.Net;
using System.Net.Sockets;

namespace Causeway.Relay.Tests;

/// <summary>An address on which connecting hangs: somebody listens, nobody accepts, and the kernel's queue is full.</summary>
internal sealed class FullListener : IAsyncDisposable
{
    private const int MostCallers = 64;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _callers = [];

    private FullListener()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        Url = new Uri($"http://{_listener.LocalEndPoint}/");
    }

    public Uri Url { get; }

    public static async Task<FullListener> StartAsync()
    {
        var full = new FullListener();
        while (full._callers.Count < MostCallers)
        {
            var caller = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            full._callers.Add(caller);
            var connecting = caller.ConnectAsync(full._listener.LocalEndPoint!);

            // One that is taken is taken at once. The kernel repeats the others' first packet after a second, and as nobody accepts that finds the queue as full.
            if (await Task.WhenAny(connecting, Task.Delay(TimeSpan.FromMilliseconds(500))) != connecting)
            {
                _ = connecting.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
                return full;
            }

            await connecting;
        }

        throw new InvalidOperationException($"The queue took {MostCallers} connections and is not full.");
    }

    public ValueTask DisposeAsync()
    {
        _callers.ForEach(static caller => caller.Dispose());
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }
}
