namespace Causeway.Identity;

/// <summary>Who does something, and from where.</summary>
/// <param name="Actor">The credential: <c>user:ID</c>, <c>key:ID</c>, <c>admin-token</c>, <c>local</c>, <c>anonymous</c>, <c>command</c>, <c>service</c>.</param>
/// <param name="UserId">The account, where it is one.</param>
/// <param name="Address">The peer's address; null from the command line.</param>
/// <param name="RequestId">Under which the log has the request; null from the command line.</param>
public sealed record AuditOrigin(string Actor, string? UserId = null, string? Address = null, string? RequestId = null)
{
    /// <summary>Nobody who is known.</summary>
    public const string Anonymous = "anonymous";

    /// <summary>Whoever runs the program's commands.</summary>
    public static AuditOrigin Command { get; } = new("command");

    /// <summary>The service itself, told by a signal or by a file that was saved.</summary>
    public static AuditOrigin Service { get; } = new("service");

    /// <summary>The same request, by an account that has shown its password.</summary>
    public AuditOrigin As(string userId) => this with { Actor = "user:" + userId, UserId = userId };
}
