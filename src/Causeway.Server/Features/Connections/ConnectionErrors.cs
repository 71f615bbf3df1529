using Causeway.Http;

namespace Causeway.Server;

/// <summary>What the connection endpoints refuse with.</summary>
internal static class ConnectionErrors
{
    public static ApiError NotFound { get; } = new(ErrorCode.NotFound, "There is no such connection.");
}
