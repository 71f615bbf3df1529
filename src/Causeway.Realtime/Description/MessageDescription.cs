namespace Causeway.Realtime;

/// <summary>One message of the protocol as the AsyncAPI document has it.</summary>
/// <param name="Key">Its name in the document.</param>
/// <param name="Type">What stands in its <c>type</c>; null for any type that the protocol leaves free.</param>
/// <param name="Summary">What it is for.</param>
/// <param name="Payload">The JSON schema of its payload.</param>
/// <param name="Example">A whole message.</param>
internal sealed record MessageDescription(string Key, string? Type, string Summary, string Payload, string Example)
{
    /// <summary>For a client's message, what it is answered with besides <c>error</c>.</summary>
    public string[] Replies { get; init; } = ["ack"];

    /// <summary>Whether the message is about a room: then the envelope names it.</summary>
    public RoomField Room { get; init; }

    /// <summary>Whether it has what only room messages have: id, offset, epoch, sender and time.</summary>
    public bool IsRoomMessage { get; init; }
}

/// <summary>Whether an envelope has a <c>room_id</c>.</summary>
internal enum RoomField
{
    /// <summary>It has none.</summary>
    None,

    /// <summary>It may have one.</summary>
    Optional,

    /// <summary>It must have one.</summary>
    Required,
}
