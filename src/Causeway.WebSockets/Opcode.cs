namespace Causeway.WebSockets;

/// <summary>What a frame is. RFC 6455 §5.2.</summary>
public enum Opcode : byte
{
    /// <summary>A further fragment of the message that was begun.</summary>
    Continuation = 0,

    /// <summary>UTF-8 text.</summary>
    Text = 1,

    /// <summary>Any bytes.</summary>
    Binary = 2,

    /// <summary>The end of the conversation, with a code and a reason.</summary>
    Close = 8,

    /// <summary>Asks for a <see cref="Pong"/> with the same payload.</summary>
    Ping = 9,

    /// <summary>Answers a <see cref="Ping"/>, or comes unasked.</summary>
    Pong = 10,
}
