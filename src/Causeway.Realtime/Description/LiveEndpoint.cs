namespace Causeway.Realtime;

/// <summary>Marks the endpoints of the live service, so that the AsyncAPI document knows where they are.</summary>
internal sealed class LiveEndpoint
{
    private LiveEndpoint()
    {
    }

    /// <summary>Takes WebSockets.</summary>
    public static LiveEndpoint WebSocket { get; } = new();

    /// <summary>Serves rooms as event streams.</summary>
    public static LiveEndpoint Events { get; } = new();
}
