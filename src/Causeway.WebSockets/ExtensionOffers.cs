namespace Causeway.WebSockets;

/// <summary>Reads <c>Sec-WebSocket-Extensions</c> offer by offer. RFC 6455 §9.1, RFC 7692 §7.1.</summary>
internal ref struct ExtensionOffers(string? line)
{
    private ReadOnlySpan<char> _rest = line;

    public bool TryReadOffer(out ExtensionOffer offer)
    {
        offer = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        offer = Judge(Cut(ref _rest, ','));
        return true;
    }

    private static ExtensionOffer Judge(ReadOnlySpan<char> offer)
    {
        if (!Cut(ref offer, ';').Trim().Equals("permessage-deflate", StringComparison.OrdinalIgnoreCase))
        {
            return default;
        }

        var (serverTakeOver, clientTakeOver, serverWindow, clientWindow) = (false, false, false, false);
        while (!offer.IsEmpty)
        {
            var value = Cut(ref offer, ';');
            var hasValue = value.Contains('=');
            var name = Cut(ref value, '=').Trim();
            value = Unquote(value.Trim());
            var accepted = name switch
            {
                "server_no_context_takeover" => !hasValue && IsFirst(ref serverTakeOver),
                "client_no_context_takeover" => !hasValue && IsFirst(ref clientTakeOver),
                "server_max_window_bits" => value is "15" && IsFirst(ref serverWindow),   // a smaller window would need a deflater of its own
                "client_max_window_bits" => (!hasValue || value is "8" or "9" or "10" or "11" or "12" or "13" or "14" or "15") && IsFirst(ref clientWindow),
                _ => false,
            };
            if (!accepted)
            {
                return default;
            }
        }

        return new ExtensionOffer(IsAcceptable: true, EchoServerWindow: serverWindow);
    }

    private static bool IsFirst(ref bool seen)
    {
        var first = !seen;
        seen = true;
        return first;
    }

    private static ReadOnlySpan<char> Unquote(ReadOnlySpan<char> value) => value is ['"', .. var inner, '"'] ? inner : value;

    /// <summary>Takes what stands before the next separator outside of quotes.</summary>
    private static ReadOnlySpan<char> Cut(ref ReadOnlySpan<char> rest, char separator)
    {
        var quoted = false;
        for (var i = 0; i < rest.Length; i++)
        {
            if (quoted && rest[i] is '\\')
            {
                i++;
            }
            else if (rest[i] is '"')
            {
                quoted = !quoted;
            }
            else if (!quoted && rest[i] == separator)
            {
                var head = rest[..i];
                rest = rest[(i + 1)..];
                return head;
            }
        }

        var all = rest;
        rest = default;
        return all;
    }
}

/// <summary>What an offer comes to.</summary>
internal readonly record struct ExtensionOffer(bool IsAcceptable, bool EchoServerWindow);
