namespace Causeway.Relay;

/// <summary>A backend at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Addresses">Where it listens, in the order of the configuration.</param>
/// <param name="Process">Its process; null where somebody else runs it.</param>
public sealed record BackendInfo(string Name, IReadOnlyList<AddressInfo> Addresses, ProcessInfo? Process);

/// <summary>One address of a backend at one moment.</summary>
/// <param name="Url">Where.</param>
/// <param name="IsUp">Whether requests go there, as far as anybody knows.</param>
/// <param name="InFlight">Requests and WebSockets that use it now.</param>
public sealed record AddressInfo(Uri Url, bool IsUp, int InFlight);
