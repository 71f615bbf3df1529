using System.ComponentModel.DataAnnotations;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Gives a webhook another key: both sign for a while, so that the receiver can change over in its own time.</summary>
internal static class RotateSecret
{
    public const int MaxOverlapHours = 168;
    private const int DefaultOverlapHours = 24;
    private const string OverlapRule = "Must be 0 to 168.";

    /// <summary>How the keys change over.</summary>
    [Example("""{"overlap_hours":24}""")]
    internal sealed record RotateSecretRequest
    {
        /// <summary>How long the key so far signs too; 24 where absent, and 0 voids it at once.</summary>
        [Range(0, MaxOverlapHours)]
        public int? OverlapHours { get; init; }
    }

    public static async Task<IResult> HandleAsync(
        string webhook_id,
        OptionalJsonBody<RotateSecretRequest> body,
        RequestConditions conditions,
        HttpContext context,
        WebhookDesk desk,
        WebhookStore store,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var overlap = body.Value?.OverlapHours ?? DefaultOverlapHours;
        if (overlap is < 0 or > MaxOverlapHours)
        {
            return FieldErrors.For("overlap_hours", OverlapRule).ToResult();
        }

        return await desk.ChangeAsync(
            webhook_id,
            conditions,
            async (unit, row, token) =>
            {
                var now = time.GetUtcNow();
                var made = WebhookSecret.Create(now);

                // Of those before only the newest goes on: two keys at a time are what a change needs.
                var last = WebhookSecret.Read(row.Secrets)[^1];
                var until = now.AddHours(overlap).ToUnixTimeMilliseconds();
                IReadOnlyList<WebhookSecret> secrets = overlap == 0 ? [made] : [last with { ExpiresAt = until }, made];
                var updated = await store.UpdateAsync(unit, row with { Secrets = WebhookSecret.Write(secrets) }, closes: false, token);
                await desk.NoteAsync(unit, context, "webhook.rotate_secret", row.Id, new() { ["overlap_hours"] = overlap }, token);
                context.Response.Headers.CacheControl = "no-store";
                return TypedResults.Ok(WebhookResponse.From(updated, now) with { Secret = made.Value }).WithETag(updated.Version);
            },
            cancellationToken);
    }
}
