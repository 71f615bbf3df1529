using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Who asked for a job, and from where: what they may do is looked up again when it runs (<see cref="CallerResolver.FindAsync(CallerNote, CancellationToken)"/>), and the audit log names them.</summary>
/// <param name="Principal">A stable name of the credential.</param>
/// <param name="Access">By what they were let in; null for the admin token and the local admin.</param>
/// <param name="Address">The peer's address.</param>
/// <param name="RequestId">Under which the log has the request.</param>
internal sealed record CallerNote(string Principal, AccessNote? Access, string? Address, string? RequestId)
{
    /// <summary>Of a request.</summary>
    public static CallerNote Of(HttpContext context, Caller caller) => new(
        caller.Principal, caller.Access is { } access ? AccessNote.Of(access) : null, context.Connection.RemoteIpAddress?.ToString(), context.TraceIdentifier);

    /// <summary>As the audit log has it.</summary>
    public AuditOrigin ToOrigin() => new(Principal, Access?.UserId, Address, RequestId);
}
