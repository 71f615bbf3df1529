namespace Causeway.Hosting;

/// <summary>What a port looks like from here: whether a service could listen on it, who stands in the way, and what may safely be done.</summary>
/// <param name="Port">The port.</param>
/// <param name="Held">Whether listening on one of the addresses would fail because somebody has it.</param>
/// <param name="Addresses">The addresses that were tried.</param>
/// <param name="Holders">Everybody who has a socket there, the listeners first. A holder may be there that is in nobody's way.</param>
/// <param name="Actions">What a person may do, the safest first.</param>
public sealed record PortReport(
    int Port, bool Held, IReadOnlyList<AddressReport> Addresses, IReadOnlyList<PortHolder> Holders, IReadOnlyList<string> Actions);

/// <summary>Whether one address can be listened on.</summary>
/// <param name="Address">The address, as in <c>127.0.0.1:8080</c>.</param>
/// <param name="Free">Whether it could be bound just now.</param>
/// <param name="Problem">Why not; null where it could.</param>
public sealed record AddressReport(string Address, bool Free, string? Problem);
