namespace Causeway.Http;

/// <summary>What went wrong, as a client sees it; the same codes on HTTP and on live connections.</summary>
/// <remarks>Part of the wire contract: append only. The protocol reference has the table.</remarks>
public sealed class ErrorCode
{
    private static readonly List<ErrorCode> Registry = [];

    private ErrorCode(string name, int status)
    {
        Name = name;
        Status = status;
        Registry.Add(this);
    }

    /// <summary>Every code there is, in the order of their registration.</summary>
    public static IReadOnlyList<ErrorCode> All => Registry;

    /// <summary>The bytes are not JSON.</summary>
    public static ErrorCode InvalidJson { get; } = new("INVALID_JSON", 400);

    /// <summary>JSON, but not a message or request of the expected shape.</summary>
    public static ErrorCode InvalidMessage { get; } = new("INVALID_MESSAGE", 400);

    /// <summary>The protocol version is not spoken here.</summary>
    public static ErrorCode UnsupportedVersion { get; } = new("UNSUPPORTED_VERSION", 400);

    /// <summary>No handler takes this type of message.</summary>
    public static ErrorCode UnknownType { get; } = new("UNKNOWN_TYPE", 400);

    /// <summary>Readable, but a field breaks a rule; <c>details</c> names the fields.</summary>
    public static ErrorCode ValidationError { get; } = new("VALIDATION_ERROR", 422);

    /// <summary>The sender is not a member of the room.</summary>
    public static ErrorCode NotInRoom { get; } = new("NOT_IN_ROOM", 403);

    /// <summary>The room does not exist and may not be created by joining it.</summary>
    public static ErrorCode RoomNotFound { get; } = new("ROOM_NOT_FOUND", 404);

    /// <summary>The room has as many members as its namespace allows.</summary>
    public static ErrorCode RoomFull { get; } = new("ROOM_FULL", 409);

    /// <summary>The connection is in as many rooms as it may be.</summary>
    public static ErrorCode TooManyRooms { get; } = new("TOO_MANY_ROOMS", 409);

    /// <summary>The caller is known, but may not do this.</summary>
    public static ErrorCode Forbidden { get; } = new("FORBIDDEN", 403);

    /// <summary>No credential, or one that is not valid.</summary>
    public static ErrorCode Unauthorized { get; } = new("UNAUTHORIZED", 401);

    /// <summary>Too many requests, messages or connections; <c>details.retry_after_ms</c> says when to come back.</summary>
    public static ErrorCode RateLimited { get; } = new("RATE_LIMITED", 429);

    /// <summary>More bytes than the limit.</summary>
    public static ErrorCode PayloadTooLarge { get; } = new("PAYLOAD_TOO_LARGE", 413);

    /// <summary>The state of the thing does not allow this.</summary>
    public static ErrorCode Conflict { get; } = new("CONFLICT", 409);

    /// <summary>It took too long.</summary>
    public static ErrorCode Timeout { get; } = new("TIMEOUT", 504);

    /// <summary>Something the answer needs is down.</summary>
    public static ErrorCode Unavailable { get; } = new("UNAVAILABLE", 503);

    /// <summary>A fault of the server; the log has the story under the request id.</summary>
    public static ErrorCode InternalError { get; } = new("INTERNAL_ERROR", 500);

    /// <summary>HTTP only: nothing is at this path.</summary>
    public static ErrorCode NotFound { get; } = new("NOT_FOUND", 404);

    /// <summary>HTTP only: the path exists, but not with this method; <c>Allow</c> names those it has.</summary>
    public static ErrorCode MethodNotAllowed { get; } = new("METHOD_NOT_ALLOWED", 405);

    /// <summary>HTTP only: the body is of a type that is not read here.</summary>
    public static ErrorCode UnsupportedMediaType { get; } = new("UNSUPPORTED_MEDIA_TYPE", 415);

    /// <summary>HTTP only: a conditional request whose condition does not hold.</summary>
    public static ErrorCode PreconditionFailed { get; } = new("PRECONDITION_FAILED", 412);

    /// <summary>HTTP only: the server is stopping and takes nobody new.</summary>
    public static ErrorCode Draining { get; } = new("DRAINING", 503);

    /// <summary>HTTP only: the backend can't be reached.</summary>
    public static ErrorCode BackendUnreachable { get; } = new("BACKEND_UNREACHABLE", 502);

    /// <summary>HTTP only: the backend did not answer in time.</summary>
    public static ErrorCode BackendTimeout { get; } = new("BACKEND_TIMEOUT", 504);

    /// <summary>The code on the wire, as in <c>ROOM_NOT_FOUND</c>.</summary>
    public string Name { get; }

    /// <summary>The HTTP status that goes with the code unless the error says another.</summary>
    public int Status { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
