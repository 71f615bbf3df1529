namespace Causeway.WebSockets;

/// <summary>What <see cref="MessageReader.TryRead"/> found.</summary>
public enum ReadStatus
{
    /// <summary>Nothing whole yet: receive more.</summary>
    NeedMore,

    /// <summary>One message or control frame.</summary>
    Message,

    /// <summary>The peer broke the protocol or a limit; <see cref="MessageReader.Failure"/> says how. Final.</summary>
    Failed,
}
