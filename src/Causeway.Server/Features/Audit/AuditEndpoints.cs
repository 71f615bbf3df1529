using System.Text.Json.Nodes;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>The audit log: read and exported, never changed.</summary>
internal static class AuditEndpoints
{
    private static readonly ApiList<Row> List = new(
        "audit",
        "id, at, actor, user_id, action, target, outcome, address, request_id, details",
        "audit_log",
        "-at",
        [
            ListField.Time("at"),
            ListField.Text("actor") with { Filters = FilterOperators.Equal | FilterOperators.Prefix, Sortable = false },
            ListField.Text("user_id") with { Filters = FilterOperators.Equal, Sortable = false, Nullable = true },
            ListField.Text("action") with { Filters = FilterOperators.Equal | FilterOperators.Prefix, Sortable = false },
            ListField.Text("target") with { Filters = FilterOperators.Equal | FilterOperators.Prefix, Sortable = false, Nullable = true },
            ListField.Choice("outcome", "success", "refused", "failed") with { Sortable = false },
            ListField.Text("address") with { Filters = FilterOperators.Equal, Sortable = false, Nullable = true },
            ListField.Text("request_id") with { Filters = FilterOperators.Equal, Sortable = false, Nullable = true },
        ]);

    private static readonly CsvTable<AuditEntryResponse> Table = new()
    {
        { "id", static (csv, entry) => csv.Write(entry.Id) },
        { "at", static (csv, entry) => csv.Write(entry.At) },
        { "actor", static (csv, entry) => csv.Write(entry.Actor) },
        { "user_id", static (csv, entry) => csv.Write(entry.UserId) },
        { "user_name", static (csv, entry) => csv.Write(entry.UserName) },
        { "action", static (csv, entry) => csv.Write(entry.Action) },
        { "target", static (csv, entry) => csv.Write(entry.Target) },
        { "outcome", static (csv, entry) => csv.Write(entry.Outcome.ToString().ToLowerInvariant()) },
        { "address", static (csv, entry) => csv.Write(entry.Address) },
        { "request_id", static (csv, entry) => csv.Write(entry.RequestId) },
        { "details", static (csv, entry) => csv.Write(entry.Details?.ToJsonString()) },
    };

    private static readonly AccessRule Rule = AccessRule.Operator("audit:read");

    public static ListExport<AuditEntryResponse> Export { get; } = List.ToExport("audit", Rule, Shape, Table, static _ => ListScope.All, NameAsync);

    public static void MapAuditEndpoints(this RouteGroupBuilder api)
    {
        var audit = api.MapGroup("/audit").WithTags("Audit");
        audit.MapList(List, Shape, static (_, _) => ListScope.All, complete: NameAsync)
            .WithName("listAudit").WithSummary("List security-relevant acts, newest first.")
            .Needs(Rule);
        audit.MapExports(Export);
    }

    private static AuditEntryResponse Shape(Row row) => new(
        row.Id, Moments.From(row.At), row.Actor, row.UserId, UserName: null, row.Action, row.Target, Enum.Parse<AuditOutcome>(row.Outcome, ignoreCase: true), row.Address, row.RequestId,
        row.Details is null ? null : JsonNode.Parse(row.Details)!.AsObject());

    private static async ValueTask<IReadOnlyList<AuditEntryResponse>> NameAsync(
        IServiceProvider services, IReadOnlyList<AuditEntryResponse> entries, CancellationToken cancellationToken)
    {
        var names = await services.GetRequiredService<UserNames>().FindAsync(entries.Select(static entry => entry.UserId).OfType<string>(), cancellationToken);
        return [.. entries.Select(entry => entry.UserId is { } id && names.TryGetValue(id, out var name) ? entry with { UserName = name } : entry)];
    }

    /// <summary>An act.</summary>
    /// <param name="Id">A UUIDv7: its order is that of time.</param>
    /// <param name="At">When.</param>
    /// <param name="Actor">Who: <c>user:ID</c>, <c>key:ID</c>, <c>admin-token</c>, <c>local</c>, <c>command</c>, <c>service</c> or <c>anonymous</c>.</param>
    /// <param name="UserId">The account, where it was one.</param>
    /// <param name="UserName">What the account is called now; null without a name, and when it is no more.</param>
    /// <param name="Action">What was done, as in <c>auth.login</c>.</param>
    /// <param name="Target">To what, as in <c>user:ID</c>.</param>
    /// <param name="Outcome">How it ended.</param>
    /// <param name="Address">From where.</param>
    /// <param name="RequestId">Under which the log has the request.</param>
    /// <param name="Details">What else matters.</param>
    internal sealed record AuditEntryResponse(
        string Id,
        DateTimeOffset At,
        string Actor,
        string? UserId,
        string? UserName,
        string Action,
        string? Target,
        AuditOutcome Outcome,
        string? Address,
        string? RequestId,
        JsonObject? Details);

    /// <summary>A row.</summary>
    private sealed record Row
    {
        public string Id { get; init; } = "";

        public long At { get; init; }

        public string Actor { get; init; } = "";

        public string? UserId { get; init; }

        public string Action { get; init; } = "";

        public string? Target { get; init; }

        public string Outcome { get; init; } = "";

        public string? Address { get; init; }

        public string? RequestId { get; init; }

        public string? Details { get; init; }
    }
}
