namespace Causeway.Server;

/// <summary>What the server logs of its database.</summary>
internal static partial class DatabaseLog
{
    [LoggerMessage(1500, LogLevel.Warning, "The database can't be reached; the service starts without it and goes on trying.")]
    public static partial void DatabaseOutOfReach(this ILogger logger, Exception exception);

    [LoggerMessage(1501, LogLevel.Error, "The database has another schema than this program needs.")]
    public static partial void SchemaRefused(this ILogger logger, Exception exception);

    [LoggerMessage(1502, LogLevel.Warning, "An idempotency key could not be freed after its request had failed; it frees itself within a minute.")]
    public static partial void ClaimNotReleased(this ILogger logger, Exception exception);
}
