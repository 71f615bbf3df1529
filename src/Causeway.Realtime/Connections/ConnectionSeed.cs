using Causeway.WebSockets;

namespace Causeway.Realtime;

/// <summary>What a connection is made of, once it was let in.</summary>
internal sealed record ConnectionSeed(long Number, string Id, RealtimeIdentity Identity, string? RemoteAddress, Outlet Outlet, WireForm Form)
{
    public EventStream? Stream { get; init; }

    /// <summary>Cancelled when the line under it is gone, seen without reading.</summary>
    public CancellationToken LineClosed { get; init; }
}
