using System.Net.Sockets;
using Causeway.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Causeway.Relay;

/// <summary>The opening handshake with a backend, as its client.</summary>
internal sealed class BackendHandshake
{
    private readonly string _key = WebSocketHandshake.NewKey();
    private readonly IReadOnlyList<string> _subprotocols;
    private readonly string? _extensions;

    /// <param name="subprotocols">What the client offers the backend.</param>
    /// <param name="extensions">The client's offer; null for none.</param>
    public BackendHandshake(IReadOnlyList<string> subprotocols, string? extensions) => (_subprotocols, _extensions) = (subprotocols, extensions);

    /// <summary>Sends the request and reads the head of the answer into the connection's own.</summary>
    /// <exception cref="BackendException">The backend did not answer, or not with HTTP.</exception>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public async Task ExchangeAsync(HttpContext context, BackendConnection connection, BackendPlace place, TimeSpan firstByte)
    {
        var registration = ClientLine.GoneOf(context).UnsafeRegister(static state => ((BackendConnection)state!).Abort(Cut.ClientGone), connection);
        try
        {
            connection.Arm(firstByte);
            using (var head = new HeadBuffer())
            {
                RequestHead.Write(head, context, place.Lease.Destination, place.Target, place.Decision, UploadFraming.WebSocket);
                AddOwn(head);
                await connection.SendAsync(head.Written).ConfigureAwait(false);
            }

            do
            {
                await connection.ReadHeadAsync(isHead: false).ConfigureAwait(false);
            }
            while (connection.Head.Status is >= 100 and < 200 and not 101);

            place.Lease.Destination.Health.Answered();
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or BackendException)
        {
            throw connection.Cut switch
            {
                Cut.ClientGone => new OperationCanceledException("The client left.", exception),
                Cut.TimedOut => new BackendException(BackendPhase.Head, "It took too long.", exception) { TimedOut = true },
                _ => exception as BackendException ?? new BackendException(BackendPhase.Head, exception.Message, exception),
            };
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Judges a 101.</summary>
    /// <param name="head">The backend's.</param>
    /// <param name="subprotocol">The backend's choice; null for none.</param>
    /// <param name="extensions">What it granted; null for nothing.</param>
    /// <returns>What is wrong; null where it is in order.</returns>
    public string? FindFlaw(ResponseHead head, out string? subprotocol, out string? extensions)
    {
        subprotocol = ValueOf(head, "Sec-WebSocket-Protocol");
        extensions = ValueOf(head, "Sec-WebSocket-Extensions");
        return head.Status switch
        {
            not 101 => "it is no 101",
            _ when !"websocket".Equals(ValueOf(head, "Upgrade"), StringComparison.OrdinalIgnoreCase) => "Upgrade does not say websocket",
            _ when !HeaderRules.Lists(ValueOf(head, "Connection"), "upgrade") => "Connection does not say Upgrade",
            _ when ValueOf(head, "Sec-WebSocket-Accept") != WebSocketHandshake.AcceptFor(_key) => "Sec-WebSocket-Accept is not the answer to the key",
            _ when subprotocol is not null && !_subprotocols.Contains(subprotocol, StringComparer.Ordinal) => "a subprotocol was chosen that was not offered",
            _ when !IsWithinOffer(extensions) => "an extension was granted that was not offered",
            _ => null,
        };
    }

    private static string? ValueOf(ResponseHead head, string name)
    {
        string? value = null;
        foreach (ref readonly var field in head.Fields)
        {
            if (field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                value = value is null ? field.Value : $"{value}, {field.Value}";
            }
        }

        return string.IsNullOrEmpty(value) ? null : value;
    }

    private static HashSet<string> NamesOf(string? extensions, out int count)
    {
        var names = extensions?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        count = names.Length;
        return [.. names.Select(static extension => extension.Split(';')[0].Trim().ToLowerInvariant())];
    }

    private bool IsWithinOffer(string? granted)
    {
        var names = NamesOf(granted, out var count);
        return names.Count == count && names.IsSubsetOf(NamesOf(_extensions, out _));
    }

    private void AddOwn(HeadBuffer head)
    {
        head.Add("Connection: Upgrade\r\nUpgrade: websocket\r\n"u8);
        head.AddField("Sec-WebSocket-Version", WebSocketHandshake.Version);
        head.AddField("Sec-WebSocket-Key", _key);
        if (_subprotocols.Count > 0)
        {
            head.AddField("Sec-WebSocket-Protocol", string.Join(", ", _subprotocols));
        }

        if (_extensions is not null)
        {
            head.AddField("Sec-WebSocket-Extensions", _extensions);
        }

        head.Add("\r\n"u8);
    }
}
