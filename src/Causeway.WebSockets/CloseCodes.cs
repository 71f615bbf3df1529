namespace Causeway.WebSockets;

/// <summary>Which close codes may stand in a frame. RFC 6455 §7.4 and the IANA registry.</summary>
internal static class CloseCodes
{
    /// <summary>The peer's close frame named no code; never sent.</summary>
    public const ushort None = 1005;

    public const ushort ProtocolError = 1002;

    public const ushort InvalidPayload = 1007;

    public const ushort MessageTooBig = 1009;

    /// <summary>1004–1006 and 1015 are reserved, 1016–2999 are not given out, 5000 and up do not exist.</summary>
    public static bool IsAllowedOnWire(ushort code) => code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);
}
