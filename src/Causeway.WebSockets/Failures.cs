namespace Causeway.WebSockets;

/// <summary>Every way in which a peer can break the protocol; made once, so that a flood of faulty peers costs nothing.</summary>
internal static class Failures
{
    public static readonly WebSocketFailure ReservedBit = Protocol("A reserved bit is set that no negotiated extension uses.");
    public static readonly WebSocketFailure UnknownOpcode = Protocol("The opcode is not known.");
    public static readonly WebSocketFailure Unmasked = Protocol("A client's frame must be masked.");
    public static readonly WebSocketFailure Masked = Protocol("A server's frame must not be masked.");
    public static readonly WebSocketFailure FragmentedControl = Protocol("A control frame must not be fragmented.");
    public static readonly WebSocketFailure ControlTooLong = Protocol("A control frame carries at most 125 bytes.");
    public static readonly WebSocketFailure LengthTopBit = Protocol("The top bit of a 64-bit length must be 0.");
    public static readonly WebSocketFailure LengthNotMinimal = Protocol("The length is not in its shortest form.");
    public static readonly WebSocketFailure NothingToContinue = Protocol("A continuation frame without a message to continue.");
    public static readonly WebSocketFailure MessageUnfinished = Protocol("A new message before the fragmented one is finished.");
    public static readonly WebSocketFailure ClosePayload = Protocol("A close frame's payload is empty or starts with a code of 2 bytes.");
    public static readonly WebSocketFailure CloseCode = Protocol("The close code must not stand in a frame.");
    public static readonly WebSocketFailure CloseReasonNotUtf8 = new(CloseCodes.InvalidPayload, "The close reason is not UTF-8.");
    public static readonly WebSocketFailure TextNotUtf8 = new(CloseCodes.InvalidPayload, "The text is not UTF-8.");

    /// <summary>1007 and not 1002: the frames are in order, it is the data within the message that is not what RSV1 said.</summary>
    public static readonly WebSocketFailure NotDeflate = new(CloseCodes.InvalidPayload, "The compressed message is not valid deflate data.");

    public static readonly WebSocketFailure TooBig = new(CloseCodes.MessageTooBig, "The message is too big.");

    private static WebSocketFailure Protocol(string reason) => new(CloseCodes.ProtocolError, reason);
}
