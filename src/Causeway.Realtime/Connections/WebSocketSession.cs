using Causeway.WebSockets;
using Microsoft.Extensions.Logging;

namespace Causeway.Realtime;

/// <summary>Reads one client's messages, one after the other, until the line ends. While the client is silent it holds no buffer.</summary>
internal sealed class WebSocketSession(LiveCore core, Connection connection, Stream stream, MessageDispatcher dispatcher, bool deflate) : IDisposable
{
    private readonly MessageReader _reader = new(core.Options.MaxMessageBytes, deflate);
    private readonly Inbound _inbound = new(core);

    public async Task RunAsync()
    {
        // Not disposed on purpose, as the request's own scope: it ends with the execution context.
        core.Logger.BeginScope(new ConnectionScope(connection));
        try
        {
            while (true)
            {
                // A read of nothing waits without a buffer until there is something.
                _ = await stream.ReadAsync(Memory<byte>.Empty);
                var count = await stream.ReadAsync(_reader.GetBuffer());
                if (count == 0)
                {
                    break;
                }

                _reader.Advance(count);
                connection.MarkHeard();
                var open = await TakeMessagesAsync();
                connection.Loop.RunAnswers();
                if (!open)
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
                    connection.Close(new CloseRequest(new CloseReason(failure.CloseCode, failure.Reason, ComeBack: false)) { IsFinal = true });
                    await DiscardAsync();
                    return false;
            }

            switch (message.Kind)
            {
                case Opcode.Text:
                    var handling = _inbound.TakeAsync(connection, message.Payload, dispatcher);
                    if (!handling.IsCompleted)
                    {
                        // The answers to what came before must not wait for a slow handler.
                        connection.Loop.Wake();
                    }

                    await handling;
                    break;
                case Opcode.Ping:
                    connection.Answer(FrameBuilder.Build(Opcode.Pong, message.Payload.Span));
                    break;
                case Opcode.Binary:
                    connection.Close(new CloseRequest(CloseReason.UnsupportedData));
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
}
