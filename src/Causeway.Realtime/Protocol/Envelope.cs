namespace Causeway.Realtime;

/// <summary>A message from a client, its envelope read and judged.</summary>
/// <param name="Type">1–64 of <c>a-z 0-9 _ . : -</c>.</param>
/// <param name="Ref">What the one answer must repeat; null where none is asked for.</param>
/// <param name="Room">Where it belongs, whether the envelope or the payload named it.</param>
/// <param name="Payload">A JSON object on one line, without its <c>room_id</c>. Aliases the bytes it was read from: copy to keep.</param>
/// <param name="ConflateKey">At most 64 characters; null means <paramref name="Type"/>.</param>
internal readonly record struct Envelope(string Type, string? Ref, RoomId? Room, ReadOnlyMemory<byte> Payload, string? ConflateKey);
