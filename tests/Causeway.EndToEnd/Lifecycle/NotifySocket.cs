using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>A service manager's end of the notification socket.</summary>
internal sealed class NotifySocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly ConcurrentQueue<string> _messages = new();

    /// <summary>Binds a path, or an abstract name where it begins with <c>@</c>.</summary>
    public NotifySocket(string name)
    {
        Name = name;
        _socket.Bind(new UnixDomainSocketEndPoint(name[0] == '@' ? '\0' + name[1..] : name));
        _ = ReceiveAsync();
    }

    public string Name { get; }

    /// <summary>The datagrams so far.</summary>
    public IReadOnlyList<string> Messages => [.. _messages];

    /// <summary>Waits for so many datagrams with this assignment and returns the last of them.</summary>
    public async Task<string> HearsAsync(string assignment, int count = 1)
    {
        var fitting = () => _messages.Where(message => message.Split('\n').Contains(assignment)).ToList();
        await Eventually.True(() => fitting().Count >= count, what: $"{count} × {assignment}; heard: {string.Join(" | ", _messages.Select(static m => m.Replace('\n', ' ')))}");
        return fitting()[count - 1];
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReceiveAsync()
    {
        var buffer = new byte[4_096];
        try
        {
            while (true)
            {
                var length = await _socket.ReceiveAsync(buffer);
                _messages.Enqueue(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
