using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using Microsoft.Extensions.Primitives;

namespace Causeway.WebSockets;

/// <summary>permessage-deflate (RFC 7692) with no context take-over both ways: a message is compressed once for all who receive it.</summary>
public static class PermessageDeflate
{
    /// <summary>Below this many bytes a message is not worth compressing.</summary>
    public const int MinimumBytes = 512;

    /// <summary>Up to here the better ratio (a third less on the wire) costs a few microseconds once per message; beyond, speed counts.</summary>
    private const int BestRatioUpTo = 8192;

    private static readonly byte[] SyncTail = [0x00, 0x00, 0xFF, 0xFF];

    [ThreadStatic]
    private static DeflateSink? _sink;

    /// <summary>Picks the first offer that can be accepted.</summary>
    /// <param name="offers">The request's <c>Sec-WebSocket-Extensions</c>.</param>
    /// <param name="response">What to answer in <c>Sec-WebSocket-Extensions</c>.</param>
    /// <returns>False where none can be accepted: the connection then goes without.</returns>
    public static bool TryNegotiate(StringValues offers, [NotNullWhen(true)] out string? response)
    {
        foreach (var line in offers)
        {
            var reader = new ExtensionOffers(line);
            while (reader.TryReadOffer(out var offer))
            {
                if (offer.IsAcceptable)
                {
                    response = offer.EchoServerWindow
                        ? "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15"
                        : "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
                    return true;
                }
            }
        }

        response = null;
        return false;
    }

    /// <summary>Builds a whole compressed text frame. Any thread.</summary>
    /// <param name="payload">The message.</param>
    /// <returns>The frame; null where the message is under <see cref="MinimumBytes"/> or would not become smaller.</returns>
    public static byte[]? TryBuildFrame(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < MinimumBytes)
        {
            return null;
        }

        var sink = _sink ??= new DeflateSink();
        sink.Start(payload.Length + SyncTail.Length);
        try
        {
            using var deflater = new DeflateStream(
                sink, payload.Length <= BestRatioUpTo ? CompressionLevel.Optimal : CompressionLevel.Fastest, leaveOpen: true);
            deflater.Write(payload);
            deflater.Flush();
            var deflated = sink.Written;
            if (!deflated.EndsWith(SyncTail) || deflated.Length - SyncTail.Length >= payload.Length)
            {
                return null;
            }

            return FrameBuilder.Build(Opcode.Text, deflated[..^SyncTail.Length], compressed: true);
        }
        finally
        {
            sink.End();
        }
    }
}
