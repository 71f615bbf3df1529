namespace Causeway.Realtime;

/// <summary>How a message looks on a connection's line. A batch is built once in each form that a member needs.</summary>
internal enum WireForm
{
    /// <summary>A WebSocket text frame.</summary>
    Frame,

    /// <summary>The same, compressed where that makes it smaller.</summary>
    DeflatedFrame,

    /// <summary>An event of a stream.</summary>
    Event,

    /// <summary>An event inside an HTTP/1.1 chunk of its own, for streams written straight to the socket.</summary>
    ChunkedEvent,
}
