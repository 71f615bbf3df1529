using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Causeway.Testing;

/// <summary>An HTTP/1.1 response as it stood on the wire.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Headers">The header lines; names compare without case, repeated ones are joined with a comma.</param>
/// <param name="Body">The body, decoded where it was chunked.</param>
public sealed record HttpAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The body as JSON.</summary>
    public JsonElement Json => JsonElement.Parse(Body);

    /// <summary>The code of the one error shape, such as <c>DRAINING</c>; null where the body has none.</summary>
    public string? ErrorCode =>
        Body.Length > 0 && Body[0] == '{' && Json.TryGetProperty("error", out var error) ? error.GetProperty("code").GetString() : null;

    /// <summary>A header's value; null when absent.</summary>
    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>Sends a request given as raw text and reads the whole response.</summary>
    /// <param name="server">Where to.</param>
    /// <param name="request">Everything, the empty line included, such as <c>"GET / HTTP/1.1\r\nHost: x\r\n\r\n"</c>.</param>
    public static async Task<HttpAnswer> SendAsync(Uri server, string request)
    {
        using var connection = await RawConnection.OpenAsync(server).ConfigureAwait(false);
        await connection.SendAsync(Encoding.UTF8.GetBytes(request)).ConfigureAwait(false);
        var head = await ReadHeadAsync(connection).ConfigureAwait(false);
        var isHead = request.StartsWith("HEAD ", StringComparison.Ordinal);
        return isHead ? head : head with { Body = await ReadBodyAsync(connection, head).ConfigureAwait(false) };
    }

    /// <summary>Reads status line and headers.</summary>
    /// <exception cref="EndOfStreamException">The peer closed without an answer.</exception>
    public static async Task<HttpAnswer> ReadHeadAsync(RawConnection connection)
    {
        var statusLine = await connection.ReadLineAsync().ConfigureAwait(false) ?? throw new EndOfStreamException("No answer.");
        var status = int.Parse(statusLine.Split(' ')[1], CultureInfo.InvariantCulture);
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await connection.ReadLineAsync().ConfigureAwait(false) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            headers[name] = headers.TryGetValue(name, out var earlier) ? $"{earlier}, {value}" : value;
        }

        return new HttpAnswer(status, headers, []);
    }

    /// <summary>Reads the body that belongs to a head.</summary>
    public static async Task<byte[]> ReadBodyAsync(RawConnection connection, HttpAnswer head)
    {
        if (head.Status is 101 or 204 or 304)
        {
            return [];
        }

        if (head.Header("Content-Length") is { } length)
        {
            return await connection.ReadExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture)).ConfigureAwait(false);
        }

        if (head.Header("Transfer-Encoding") is null)
        {
            return await connection.ReadToEndAsync().ConfigureAwait(false);
        }

        using var body = new MemoryStream();
        while (await ReadChunkAsync(connection).ConfigureAwait(false) is { Length: > 0 } chunk)
        {
            body.Write(chunk);
        }

        return body.ToArray();
    }

    /// <summary>Reads one chunk of a chunked body; empty at its end, null when the peer closed without the last chunk.</summary>
    internal static async Task<byte[]?> ReadChunkAsync(RawConnection connection)
    {
        if (await connection.ReadLineAsync().ConfigureAwait(false) is not { } sizeLine)
        {
            return null;
        }

        var size = int.Parse(sizeLine.Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var chunk = await connection.ReadExactlyAsync(size).ConfigureAwait(false);
        await connection.ReadLineAsync().ConfigureAwait(false);
        return chunk;
    }
}
