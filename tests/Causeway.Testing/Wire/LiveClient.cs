using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Causeway.Testing;

/// <summary>A client of the live protocol that hides nothing: it drops no duplicate and never reconnects by itself.</summary>
public sealed class LiveClient : IAsyncDisposable
{
    private readonly RawWebSocket _socket;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<LiveMessage>> _waiting = new();
    private readonly Channel<LiveMessage> _messages = Channel.CreateUnbounded<LiveMessage>();
    private readonly ConcurrentQueue<LiveMessage> _log = new();
    private readonly TaskCompletionSource<WireClose> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;
    private volatile TaskCompletionSource? _pause;
    private int _lastRef;

    private LiveClient(RawWebSocket socket, LiveMessage connected)
    {
        _socket = socket;
        Connected = connected;
        _reading = ReadAsync();
    }

    /// <summary>The server's first message.</summary>
    public LiveMessage Connected { get; }

    /// <summary>The id that the server gave.</summary>
    public string ConnectionId => Connected.Payload.GetProperty("connection_id").GetString()!;

    /// <summary>The socket below, for sending what the protocol forbids.</summary>
    public RawWebSocket Socket => _socket;

    /// <summary>Everything that came after <c>connected</c>, answers included, in order.</summary>
    public IReadOnlyList<LiveMessage> Log => [.. _log];

    /// <summary>Pings that came.</summary>
    public int Pings { get; private set; }

    /// <summary>Whether pings are answered; true unless a test plays dead.</summary>
    public bool AnswersPings { get; set; } = true;

    /// <summary>Completes with how the connection ended.</summary>
    public Task<WireClose> Closed => _closed.Task;

    /// <summary>Connects and waits for the server's greeting.</summary>
    /// <param name="server">The server's address with <c>http:</c> or <c>ws:</c>; its path is <c>/ws</c> when it names none.</param>
    /// <param name="handshake">Headers, subprotocols, extensions.</param>
    public static async Task<LiveClient> ConnectAsync(Uri server, RawHandshake? handshake = null)
    {
        var uri = new UriBuilder(server) { Scheme = "ws", Path = server.AbsolutePath is "/" ? "/ws" : server.AbsolutePath }.Uri;
        var socket = await RawWebSocket.ConnectAsync(uri, handshake).ConfigureAwait(false);
        try
        {
            var first = new LiveMessage(JsonElement.Parse(await socket.ReadTextAsync().ConfigureAwait(false) ?? throw new EndOfStreamException("No greeting.")));
            return first.Type == "connected" ? new LiveClient(socket, first) : throw new InvalidDataException($"Not a greeting: {first}");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends any message with a fresh <c>ref</c> and waits for its one answer, an error included.</summary>
    public async Task<LiveMessage> RequestAsync(string type, JsonObject? payload = null, string? room = null, string? conflateKey = null)
    {
        var reference = Interlocked.Increment(ref _lastRef).ToString(CultureInfo.InvariantCulture);
        var answer = new TaskCompletionSource<LiveMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[reference] = answer;
        await SendAsync(type, payload, room, reference, conflateKey).ConfigureAwait(false);
        return await answer.Task.Within().ConfigureAwait(false);
    }

    /// <summary>Sends any message without waiting.</summary>
    public Task SendAsync(string type, JsonObject? payload = null, string? room = null, string? reference = null, string? conflateKey = null)
    {
        var message = new JsonObject { ["type"] = type };
        if (reference is not null)
        {
            message["ref"] = reference;
        }

        if (room is not null)
        {
            message["room_id"] = room;
        }

        if (conflateKey is not null)
        {
            message["conflate_key"] = conflateKey;
        }

        if (payload is not null)
        {
            message["payload"] = payload;
        }

        return _socket.SendTextAsync(message.ToJsonString());
    }

    /// <summary>Joins a room and returns the ack.</summary>
    /// <exception cref="InvalidOperationException">It was refused.</exception>
    public Task<LiveMessage> JoinAsync(string room, (string Epoch, long Offset)? since = null, int? history = null, bool? echo = null)
    {
        var payload = new JsonObject { ["room_id"] = room };
        if (since is var (epoch, offset))
        {
            payload["since"] = new JsonObject { ["epoch"] = epoch, ["offset"] = offset };
        }

        if (history is { } count)
        {
            payload["history"] = count;
        }

        if (echo is { } wanted)
        {
            payload["echo"] = wanted;
        }

        return AcceptedAsync("join_room", payload, null);
    }

    /// <summary>Leaves a room and returns the ack.</summary>
    public Task<LiveMessage> LeaveAsync(string room) => AcceptedAsync("leave_room", new JsonObject { ["room_id"] = room }, null);

    /// <summary>Publishes to a room and returns the ack.</summary>
    public Task<LiveMessage> PublishAsync(string room, JsonObject payload, string type = "chat") => AcceptedAsync(type, payload, room);

    /// <summary>The next message that is no answer to a request.</summary>
    public async Task<LiveMessage> NextAsync()
    {
        try
        {
            return await _messages.Reader.ReadAsync().Within().ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new EndOfStreamException($"The connection ended ({await Closed.ConfigureAwait(false)}) while a message was expected.");
        }
    }

    /// <summary>The next message of a type; others before it are skipped.</summary>
    public async Task<LiveMessage> NextAsync(string type)
    {
        while (true)
        {
            if (await NextAsync().ConfigureAwait(false) is var message && message.Type == type)
            {
                return message;
            }
        }
    }

    /// <summary>Messages that wait to be taken with <see cref="NextAsync()"/>.</summary>
    public int Waiting => _messages.Reader.Count;

    /// <summary>Reads nothing from the socket any more (one read that is already under way excepted).</summary>
    public void StopReading() => _pause ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Reads again.</summary>
    public void ContinueReading()
    {
        var pause = _pause;
        _pause = null;
        pause?.SetResult();
    }

    /// <summary>Closes in order and returns how the server answered.</summary>
    public async Task<WireClose> CloseAsync(ushort code = 1000)
    {
        await _socket.SendAsync(WireFrame.OfClose(code)).ConfigureAwait(false);
        return await Closed.Within().ConfigureAwait(false);
    }

    /// <summary>Drops the connection as a crash would.</summary>
    public void Abort() => _socket.Connection.Reset();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        ContinueReading();
        _socket.Dispose();
        await _reading.Within().ConfigureAwait(false);
    }

    private async Task<LiveMessage> AcceptedAsync(string type, JsonObject payload, string? room)
    {
        var answer = await RequestAsync(type, payload, room).ConfigureAwait(false);
        return answer.Type == "ack" ? answer : throw new InvalidOperationException($"{type} was refused: {answer}");
    }

    private async Task ReadAsync()
    {
        var end = WireClose.Broken;
        try
        {
            while (await NextFrameAsync().ConfigureAwait(false) is { } frame)
            {
                switch (frame.Opcode)
                {
                    case WireOpcode.Text:
                        Take(new LiveMessage(JsonElement.Parse(await _socket.RestOfMessageAsync(frame).ConfigureAwait(false))));
                        break;
                    case WireOpcode.Ping:
                        Pings++;
                        if (AnswersPings)
                        {
                            await _socket.SendAsync(new WireFrame(WireOpcode.Pong, frame.Payload)).ConfigureAwait(false);
                        }

                        break;
                    case WireOpcode.Close:
                        end = await _socket.AnswerCloseAsync(frame).ConfigureAwait(false);
                        return;
                    default:
                        break;
                }
            }
        }
        catch (Exception broken) when (broken is SocketException or EndOfStreamException or ObjectDisposedException)
        {
            // The line broke, or the test cut it.
        }
        finally
        {
            _closed.TrySetResult(end);
            _messages.Writer.TryComplete();
            foreach (var waiting in _waiting.Values)
            {
                waiting.TrySetException(new EndOfStreamException($"The connection ended ({end}) while an answer was expected."));
            }
        }
    }

    private async Task<WireFrame?> NextFrameAsync()
    {
        while (true)
        {
            if (_pause is { } pause)
            {
                await pause.Task.ConfigureAwait(false);
            }

            try
            {
                return await _socket.ReadFrameAsync().ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Silence is no failure of a client that only listens.
            }
        }
    }

    private void Take(LiveMessage message)
    {
        _log.Enqueue(message);
        if (message.Ref is { } reference && _waiting.TryRemove(reference, out var waiting))
        {
            waiting.SetResult(message);
        }
        else
        {
            _messages.Writer.TryWrite(message);
        }
    }
}
