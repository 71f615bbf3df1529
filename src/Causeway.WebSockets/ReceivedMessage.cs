namespace Causeway.WebSockets;

/// <summary>One whole message, its fragments joined and inflated, or one control frame.</summary>
/// <param name="Kind"><see cref="Opcode.Text"/>, <see cref="Opcode.Binary"/>, <see cref="Opcode.Ping"/>, <see cref="Opcode.Pong"/> or <see cref="Opcode.Close"/>.</param>
/// <param name="Payload">The bytes; a text's are valid UTF-8. Lent by the reader: valid until its next call.</param>
/// <param name="CloseCode">For <see cref="Opcode.Close"/>: the peer's code, 1005 where it named none. Else 0.</param>
/// <param name="CloseReason">For <see cref="Opcode.Close"/>: the peer's reason. Else empty.</param>
public readonly record struct ReceivedMessage(Opcode Kind, ReadOnlyMemory<byte> Payload, ushort CloseCode, string CloseReason);
