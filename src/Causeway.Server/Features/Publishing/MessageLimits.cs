using Causeway.Http;

namespace Causeway.Server;

/// <summary>How big messages and the requests that carry them may be; follows from <c>Realtime:MaxMessageBytes</c>.</summary>
/// <param name="MaxMessageBytes">The largest payload, as for a message over a live connection.</param>
internal sealed record MessageLimits(int MaxMessageBytes)
{
    /// <summary>The largest body of a request that carries no message.</summary>
    public const long BodyBytes = 1_048_576;

    private const long BatchFloorBytes = 16_777_216;
    private const long OverheadBytes = 65_536;

    /// <summary>The largest body of a request with one message: the message, and room for what stands around it.</summary>
    public long MessageBodyBytes => MaxMessageBytes + OverheadBytes;

    /// <summary>The largest body of a batch: 16 MiB, or one message where that is more. A thousand messages of the largest size don't fit; a batch is for many small ones.</summary>
    public long BatchBodyBytes => Math.Max(BatchFloorBytes, MessageBodyBytes);

    /// <summary>The refusal of a payload that is too big; null for one that isn't.</summary>
    public ApiError? Check(byte[] payload) => payload.Length <= MaxMessageBytes
        ? null
        : new ApiError(ErrorCode.PayloadTooLarge, "The payload is too big.") { Details = new() { ["limit_bytes"] = MaxMessageBytes } };
}
