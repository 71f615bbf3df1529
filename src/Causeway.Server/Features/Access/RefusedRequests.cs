using System.Text.Json.Nodes;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>
/// Notes in the audit log who came with a credential that is not valid, or asked for what theirs does not allow; many of one kind are one entry with a count.
/// To come without a credential is no act: every page does that.
/// </summary>
internal sealed class RefusedRequests(AuditLog audit)
{
    private const int MostOfAPath = 200;

    /// <summary>Notes a refusal.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">What it is answered.</param>
    /// <param name="caller">Who sent it; null where the request knows that itself, or nobody does.</param>
    /// <param name="needed">What was missing, as in <c>role:editor</c>; null for the permission that the endpoint names.</param>
    public void Note(HttpContext context, ApiError error, Caller? caller = null, string? needed = null)
    {
        if (ReferenceEquals(error, AccessErrors.NoCredential) || error.Code != ErrorCode.Unauthorized && error.Code != ErrorCode.Forbidden)
        {
            return;
        }

        var path = context.Request.Path.Value ?? "";
        var details = new JsonObject { ["method"] = context.Request.Method, ["path"] = path[..Math.Min(path.Length, MostOfAPath)] };
        audit.NoteRefusedRequest((caller ?? context.Features.Get<Caller>()) is { } known
            ? new AuditEntry("access.refuse", AuditOutcome.Refused, Origins.Of(context) with { Actor = known.Principal, UserId = known.UserId }, needed ?? Needed(context), details)
            : new AuditEntry("auth.credential", AuditOutcome.Refused, Origins.Of(context), Details: details));
    }

    /// <summary>Notes that a live connection was given a credential that is not valid.</summary>
    public void NoteRefresh(Realtime.ConnectionInfo connection)
    {
        var origin = new AuditOrigin(connection.UserId is null ? AuditOrigin.Anonymous : "user:" + connection.UserId, connection.UserId, connection.RemoteAddress);
        audit.NoteRefusedRequest(new AuditEntry("auth.credential", AuditOutcome.Refused, origin, Details: new JsonObject { ["type"] = "refresh_token" }));
    }

    private static string? Needed(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>()?.Needed is { } permission ? "permission:" + permission : null;
}
