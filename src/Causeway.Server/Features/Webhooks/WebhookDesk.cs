using System.Text.Json.Nodes;
using Causeway.Data;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Changes webhooks: one transaction with its audit entry, in force on this node when it returns.</summary>
internal sealed class WebhookDesk(Database database, WebhookSubscriptions subscriptions, AuditLog audit)
{
    /// <summary>Writes in one transaction.</summary>
    public async Task<T> WriteAsync<T>(Func<UnitOfWork, CancellationToken, Task<T>> write, CancellationToken cancellationToken)
    {
        var result = await database.WriteAsync(write, cancellationToken);

        // Without the token: what was committed counts, whether or not somebody waits for it.
        await subscriptions.RefreshAsync(CancellationToken.None);
        return result;
    }

    /// <summary>The same, once per <c>Idempotency-Key</c>: what is answered is kept in the transaction.</summary>
    public async Task<IResult> WriteOnceAsync(HttpContext context, Func<UnitOfWork, CancellationToken, Task<KeptAnswer>> write)
    {
        var result = await database.WriteOnceAsync(context, write);
        await subscriptions.RefreshAsync(CancellationToken.None);
        return result;
    }

    /// <summary>Changes one webhook that the request's conditions let change.</summary>
    /// <param name="id">Which.</param>
    /// <param name="conditions">Of the request.</param>
    /// <param name="change">Gets it as it is.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task<IResult> ChangeAsync(string id, RequestConditions conditions, Func<UnitOfWork, WebhookRow, CancellationToken, Task<IResult>> change, CancellationToken cancellationToken) => WriteAsync(
        async (unit, token) =>
            await WebhookStore.LockAsync(unit, id, token) is not { } row ? WebhookRules.NotFound.ToResult()
            : conditions.Check(row.Version) is { } refused ? refused.ToResult()
            : await change(unit, row, token),
        cancellationToken);

    /// <summary>Writes down what was done.</summary>
    public Task NoteAsync(UnitOfWork unit, HttpContext context, string action, string id, JsonObject? details, CancellationToken cancellationToken) =>
        audit.WriteAsync(unit, new AuditEntry(action, AuditOutcome.Success, Origins.Of(context), "webhook:" + id, details), cancellationToken);
}
