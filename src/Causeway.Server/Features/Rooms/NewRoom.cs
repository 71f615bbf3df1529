using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>A room to be stored.</summary>
/// <param name="Room">What it is to be.</param>
/// <param name="Roles">Who has which role in it.</param>
internal sealed record NewRoom(StoredRoom Room, IReadOnlyDictionary<string, RoomRole> Roles);
