using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Causeway.Testing;

/// <summary>One block of an event stream.</summary>
/// <param name="Event">The type; <c>message</c> when the block names none.</param>
/// <param name="Data">The data lines, joined with LF; null where the block has none.</param>
/// <param name="Id">The id that the block sets; null where it sets none.</param>
/// <param name="RetryMilliseconds">The reconnection time that the block sets.</param>
/// <param name="Comment">The comment lines; null where there are none.</param>
public sealed record SseEvent(string Event, string? Data, string? Id, int? RetryMilliseconds, string? Comment)
{
    /// <summary>The data as JSON.</summary>
    public JsonElement Json => JsonElement.Parse(Data ?? throw new InvalidOperationException("The block has no data."));

    /// <summary>The data as a live message.</summary>
    public LiveMessage Message => new(Json);
}

/// <summary>Reads an event stream from the bytes of an HTTP/1.1 response.</summary>
public sealed class SseReader : IDisposable
{
    private readonly StringBuilder _line = new();
    private readonly Decoder _utf8 = Encoding.UTF8.GetDecoder();
    private readonly Queue<string> _lines = new();
    private bool _chunked;

    private SseReader(RawConnection connection, HttpAnswer head) => (Connection, Head) = (connection, head);

    /// <summary>The TCP connection below.</summary>
    public RawConnection Connection { get; }

    /// <summary>Status and headers.</summary>
    public HttpAnswer Head { get; }

    /// <summary>The last id that an event had.</summary>
    public string? LastId { get; private set; }

    /// <summary>Opens a stream; a status other than 200 has its body in <see cref="Head"/> and no events.</summary>
    public static async Task<SseReader> OpenAsync(
        Uri uri, string? lastEventId = null, IReadOnlyDictionary<string, string>? headers = null, int? receiveBufferBytes = null)
    {
        var connection = await RawConnection.OpenAsync(uri, receiveBufferBytes).ConfigureAwait(false);
        try
        {
            var request = new StringBuilder($"GET {uri.PathAndQuery} HTTP/1.1\r\nAccept: text/event-stream\r\n");
            if (headers?.ContainsKey("Host") != true)
            {
                request.Append(CultureInfo.InvariantCulture, $"Host: {uri.Host}:{uri.Port}\r\n");
            }

            if (lastEventId is not null)
            {
                request.Append(CultureInfo.InvariantCulture, $"Last-Event-ID: {lastEventId}\r\n");
            }

            foreach (var (name, value) in headers ?? new Dictionary<string, string>())
            {
                request.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
            }

            await connection.SendAsync(request.Append("\r\n").ToString()).ConfigureAwait(false);
            var head = await HttpAnswer.ReadHeadAsync(connection).ConfigureAwait(false);
            if (head.Status != 200)
            {
                head = head with { Body = await HttpAnswer.ReadBodyAsync(connection, head).ConfigureAwait(false) };
            }

            return new SseReader(connection, head) { _chunked = head.Header("Transfer-Encoding") == "chunked" };
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The next block, comments and lone retry lines included; null when the stream ended.</summary>
    public async Task<SseEvent?> ReadAnyAsync()
    {
        string? type = null, id = null;
        int? retry = null;
        List<string>? data = null, comments = null;
        while (await ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0)
            {
                if (type is null && id is null && retry is null && data is null && comments is null)
                {
                    continue;
                }

                LastId = id ?? LastId;
                return new SseEvent(type ?? "message", data is null ? null : string.Join('\n', data), id, retry, comments is null ? null : string.Join('\n', comments));
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var field = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            value = value.StartsWith(' ') ? value[1..] : value;
            switch (field)
            {
                case "":
                    (comments ??= []).Add(value);
                    break;
                case "event":
                    type = value;
                    break;
                case "data":
                    (data ??= []).Add(value);
                    break;
                case "id":
                    id = value;
                    break;
                case "retry":
                    retry = int.Parse(value, CultureInfo.InvariantCulture);
                    break;
                default:
                    throw new InvalidDataException($"An unknown field in the stream: {line}");
            }
        }

        return null;
    }

    /// <summary>The next block that has data; null when the stream ended.</summary>
    public async Task<SseEvent?> ReadAsync()
    {
        while (await ReadAnyAsync().ConfigureAwait(false) is { } block)
        {
            if (block.Data is not null)
            {
                return block;
            }
        }

        return null;
    }

    /// <summary>The next event of a type; what comes before is skipped.</summary>
    public async Task<SseEvent> ReadAsync(string type)
    {
        while (await ReadAsync().ConfigureAwait(false) is { } block)
        {
            if (block.Event == type)
            {
                return block;
            }
        }

        throw new EndOfStreamException($"The stream ended before an event '{type}'.");
    }

    /// <inheritdoc/>
    public void Dispose() => Connection.Dispose();

    private async Task<string?> ReadLineAsync()
    {
        while (_lines.Count == 0)
        {
            try
            {
                var bytes = _chunked
                    ? await HttpAnswer.ReadChunkAsync(Connection).ConfigureAwait(false)
                    : await Connection.AnyAsync().ConfigureAwait(false) ? await Connection.ReadExactlyAsync(1).ConfigureAwait(false) : null;
                if (bytes is null or { Length: 0 })
                {
                    return null;
                }

                Split(bytes);
            }
            catch (Exception broken) when (broken is SocketException or EndOfStreamException)
            {
                return null;
            }
        }

        return _lines.Dequeue();
    }

    private void Split(byte[] bytes)
    {
        var text = new char[bytes.Length];
        foreach (var c in text.AsSpan(0, _utf8.GetChars(bytes, text, flush: false)))
        {
            if (c == '\n')
            {
                _lines.Enqueue(_line.ToString().TrimEnd('\r'));
                _line.Clear();
            }
            else
            {
                _line.Append(c);
            }
        }
    }
}
