using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Causeway.Bench.Cluster;

/// <summary>A member of one room that counts what it gets, checks that nothing is missing or doubled, and comes back elsewhere with its position.</summary>
internal sealed class RoomMember(string room) : IDisposable
{
    private static readonly byte[] Published = "\"type\":\"m\""u8.ToArray();
    private static readonly byte[] Offset = "\"offset\":"u8.ToArray();

    private readonly ArrayBufferWriter<byte> _message = new();
    private ClientWebSocket? _socket;
    private string? _epoch;
    private long _position;
    private long _received;

    /// <summary>Messages of the room so far.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>The newest offset it has seen.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Whether a message was missing, came twice or out of order, or could not be recovered.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Connects and joins; after an earlier time with its position.</summary>
    public async Task JoinAsync(int port, CancellationToken cancellationToken)
    {
        _socket?.Dispose();
        _socket = new ClientWebSocket();
        _socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        await _socket.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/ws"), cancellationToken);
        await ReadAsync(cancellationToken);
        var since = _epoch is null ? "" : $",\"since\":{{\"epoch\":\"{_epoch}\",\"offset\":{_position}}}";
        await _socket.SendAsync(
            Encoding.UTF8.GetBytes($"{{\"type\":\"join_room\",\"ref\":\"j\",\"room_id\":\"{room}\",\"payload\":{{\"history\":0{since}}}}}"), WebSocketMessageType.Text, true, cancellationToken);
        while (true)
        {
            await ReadAsync(cancellationToken);
            using var answer = JsonDocument.Parse(_message.WrittenMemory);
            if (answer.RootElement.TryGetProperty("ref", out _))
            {
                var payload = answer.RootElement.GetProperty("payload");
                if (!payload.TryGetProperty("epoch", out var epoch))
                {
                    throw new BenchException($"join refused: {payload}");
                }

                IsBroken |= _epoch is not null && !payload.GetProperty("recovered").GetBoolean();
                _position = _epoch is null && payload.GetProperty("offset") is { ValueKind: JsonValueKind.Number } newest ? newest.GetInt64() : _position;
                _epoch = epoch.GetString();
                return;
            }
        }
    }

    /// <summary>Reads until the connection ends.</summary>
    public async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await ReadAsync(cancellationToken))
            {
                Take();
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // Its node is gone, or the bench is over.
        }
    }

    public void Dispose() => _socket?.Dispose();

    private void Take()
    {
        var text = _message.WrittenSpan;
        if (text.IndexOf(Published) < 0)
        {
            return;
        }

        Interlocked.Increment(ref _received);
        var at = text.IndexOf(Offset);
        if (at < 0 || !System.Buffers.Text.Utf8Parser.TryParse(text[(at + Offset.Length)..], out long offset, out _))
        {
            // Of a room without a history.
            return;
        }

        IsBroken |= offset != _position + 1;
        Volatile.Write(ref _position, offset);
    }

    private async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        _message.ResetWrittenCount();
        while (true)
        {
            var result = await _socket!.ReceiveAsync(_message.GetMemory(4_096), cancellationToken);
            _message.Advance(result.Count);
            if (result.EndOfMessage)
            {
                return result.MessageType == WebSocketMessageType.Text;
            }
        }
    }
}
