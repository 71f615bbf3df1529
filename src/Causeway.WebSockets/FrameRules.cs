namespace Causeway.WebSockets;

/// <summary>What a connection allows in its next frame.</summary>
/// <param name="Deflate">permessage-deflate was negotiated.</param>
/// <param name="ExpectMasked">The peer is a client.</param>
/// <param name="InMessage">A fragmented message is unfinished.</param>
/// <param name="MaxPlain">The most payload bytes of a message as it is.</param>
/// <param name="MaxCompressed">The most payload bytes of a compressed message on the wire.</param>
/// <param name="ContinuationRoom">What the unfinished message may still grow by.</param>
internal readonly record struct FrameRules(bool Deflate, bool ExpectMasked, bool InMessage, int MaxPlain, int MaxCompressed, int ContinuationRoom)
{
    public ulong RoomFor(Opcode opcode, bool isCompressed) =>
        (ulong)(opcode is Opcode.Continuation ? ContinuationRoom : isCompressed ? MaxCompressed : MaxPlain);
}
