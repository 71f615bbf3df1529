using Causeway.Http;

namespace Causeway.Server;

/// <summary>What the file endpoints refuse with.</summary>
internal static class FileErrors
{
    /// <summary>Also for a file that the caller may not see: whoever may not see it does not learn that it is there.</summary>
    public static ApiError NotFound { get; } = new(ErrorCode.NotFound, "There is no such file.");

    public static ApiError Changed { get; } = new(ErrorCode.PreconditionFailed, "The file was changed meanwhile; read it again.");

    public static ApiError Elsewhere { get; } = new(ErrorCode.Unavailable, "The file's content can't be reached from here at the moment.") { RetryAfter = TimeSpan.FromSeconds(5) };

    public static ApiError DiskFull { get; } = new(ErrorCode.Unavailable, "There is no room for files at the moment.") { Status = StatusCodes.Status507InsufficientStorage };
}
