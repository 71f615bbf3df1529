using Causeway.WebSockets;

namespace Causeway.Realtime;

/// <summary>Reads one client's messages, one after the other, until the line ends. While the client is silent it holds no buffer.</summary>
internal sealed class WebSocketSession(LiveCore core, Connection connection, Stream stream, MessageDispatcher dispatcher, bool deflate) : IDisposable
{
    private readonly MessageReader _reader = new(core.Options.MaxMessageBytes, deflate);
    private readonly Inbound _inbound = new(core);

    public async Task RunAsync()
    {
        try
        {
            while (await ReadAsync())
            {
                connection.MarkHeard();
                if (!await TakeMessagesAsync())
                {
                    break;
                }

                _reader.ReleaseIfIdle();
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The line broke; that is an end like any other.
        }
        finally
        {
            connection.Post(LoopWorkKind.Gone);
            await connection.WaitEndedAsync();
        }
    }

    public void Dispose() => _reader.Dispose();

    // A read of nothing waits without a buffer until there is something.
    private async ValueTask<bool> ReadAsync()
    {
        _ = await stream.ReadAsync(Memory<byte>.Empty);
        var count = await stream.ReadAsync(_reader.GetBuffer());
        _reader.Advance(count);
        return count > 0;
    }

    /// <returns>False when the peer's close has come: nothing follows.</returns>
    private async ValueTask<bool> TakeMessagesAsync()
    {
        while (true)
        {
            switch (_reader.TryRead(out var message))
            {
                case ReadStatus.NeedMore:
                    return true;
                case ReadStatus.Failed:
                    var failure = _reader.Failure!;
                    Close(new CloseReason(failure.CloseCode, failure.Reason, ComeBack: false));
                    await DiscardAsync();
                    return false;
            }

            switch (message.Kind)
            {
                case Opcode.Text:
                    await _inbound.TakeAsync(connection, message.Payload, dispatcher);
                    break;
                case Opcode.Ping:
                    connection.Send(FrameBuilder.Build(Opcode.Pong, message.Payload.Span));
                    break;
                case Opcode.Binary:
                    Close(CloseReason.UnsupportedData);
                    break;
                case Opcode.Close:
                    connection.Post(LoopWorkKind.PeerClosed, message.CloseCode is 0 or 1005 ? (ushort)1000 : message.CloseCode);
                    return false;
            }
        }
    }

    // After a broken frame nothing can be understood, but a reset would lose the close that says so: read on until the peer or the deadline ends the line.
    private async Task DiscardAsync()
    {
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer) > 0)
        {
        }
    }

    private void Close(CloseReason reason) => connection.Close(new CloseRequest(reason));
}
