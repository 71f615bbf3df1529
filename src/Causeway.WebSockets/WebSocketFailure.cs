namespace Causeway.WebSockets;

/// <summary>Why a peer's bytes can't be read any further; becomes the close frame that answers them.</summary>
/// <param name="CloseCode">1002 (protocol error), 1007 (not UTF-8, or not deflate) or 1009 (too big).</param>
/// <param name="Reason">One sentence in ASCII, at most 123 bytes.</param>
public sealed record WebSocketFailure(ushort CloseCode, string Reason);
