using System.Text.Json.Nodes;

namespace Causeway.Identity;

/// <summary>An act to be written down.</summary>
/// <param name="Action">What was done, as in <c>auth.login</c>, <c>user.update</c>: 1–64 of <c>a-z 0-9 _ .</c>.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Origin">Who did it.</param>
/// <param name="Target">To what, as in <c>user:ID</c>, <c>role:editor</c>; null where the action says it all.</param>
/// <param name="Details">What else matters. Never a secret.</param>
public sealed record AuditEntry(string Action, AuditOutcome Outcome, AuditOrigin Origin, string? Target = null, JsonObject? Details = null);
