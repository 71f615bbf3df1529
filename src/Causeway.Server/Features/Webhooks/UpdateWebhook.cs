using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Shows, changes and deletes a webhook.</summary>
internal static class UpdateWebhook
{
    /// <summary>What to change; what is not named stays.</summary>
    [Example("""{"active":false}""")]
    internal sealed record UpdateWebhookRequest
    {
        private readonly string? _description;
        private readonly IReadOnlyList<string>? _rooms;

        /// <summary>Where events are posted to. Another endpoint is tried at once, however the last one failed.</summary>
        [StringLength(WebhookRules.MaxUrlLength, MinimumLength = 1)]
        public string? Url { get; init; }

        /// <summary>What it is for, 1–500 characters; null for nothing.</summary>
        [StringLength(WebhookRules.MaxDescriptionLength, MinimumLength = 1)]
        public string? Description
        {
            get => _description;
            init => (_description, NamesDescription) = (value, true);
        }

        /// <summary>The events it is told of: types, or how they begin and <c>*</c>.</summary>
        [MinLength(1), MaxLength(WebhookRules.MaxPatterns)]
        public IReadOnlyList<string>? Events { get; init; }

        /// <summary>The rooms whose events it is told of: names, or how they begin and <c>*</c>; null for all.</summary>
        [MinLength(1), MaxLength(WebhookRules.MaxPatterns)]
        public IReadOnlyList<string>? Rooms
        {
            get => _rooms;
            init => (_rooms, NamesRooms) = (value, true);
        }

        /// <summary>False tells it of nothing more, and what waits to be sent fails; true has it tried at once.</summary>
        public bool? Active { get; init; }

        [JsonIgnore]
        public bool NamesDescription { get; private init; }

        [JsonIgnore]
        public bool NamesRooms { get; private init; }
    }

    public static async Task<IResult> ShowAsync(string webhook_id, WebhookStore store, TimeProvider time, CancellationToken cancellationToken) =>
        await store.FindAsync(webhook_id, cancellationToken) is { } row
            ? TypedResults.Ok(WebhookResponse.From(row, time.GetUtcNow())).WithETag(row.Version)
            : WebhookRules.NotFound.ToResult();

    public static async Task<IResult> HandleAsync(
        string webhook_id,
        JsonBody<UpdateWebhookRequest> body,
        RequestConditions conditions,
        HttpContext context,
        WebhookDesk desk,
        WebhookStore store,
        ServerSettings settings,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        if (request.Url is not null)
        {
            WebhookRules.CheckUrl(errors, request.Url, settings.Webhooks.AllowPrivateNetworks);
        }

        if (request.Events is not null)
        {
            WebhookRules.CheckEvents(errors, request.Events);
        }

        WebhookRules.CheckDescription(errors, request.Description);
        WebhookRules.CheckRooms(errors, request.Rooms);
        return errors.ToError() is { } invalid ? invalid.ToResult() : await desk.ChangeAsync(
            webhook_id,
            conditions,
            async (unit, row, token) =>
            {
                var wanted = row with
                {
                    Url = request.Url ?? row.Url,
                    Description = request.NamesDescription ? request.Description : row.Description,
                    Events = request.Events is null ? row.Events : JsonSerializer.Serialize(request.Events),
                    Rooms = !request.NamesRooms ? row.Rooms : request.Rooms is null ? null : JsonSerializer.Serialize(request.Rooms),
                    Active = request.Active ?? row.Active,
                };
                var updated = await store.UpdateAsync(unit, wanted, closes: wanted.Url != row.Url || request.Active is true, token);
                await desk.NoteAsync(unit, context, "webhook.update", row.Id, WebhookRules.Describe(updated), token);
                return TypedResults.Ok(WebhookResponse.From(updated, time.GetUtcNow())).WithETag(updated.Version);
            },
            cancellationToken);
    }

    public static Task<IResult> DeleteAsync(string webhook_id, RequestConditions conditions, HttpContext context, WebhookDesk desk, CancellationToken cancellationToken) => desk.ChangeAsync(
        webhook_id,
        conditions,
        async (unit, row, token) =>
        {
            await WebhookStore.DeleteAsync(unit, row.Id, token);
            await desk.NoteAsync(unit, context, "webhook.delete", row.Id, WebhookRules.Describe(row), token);
            return TypedResults.NoContent();
        },
        cancellationToken);
}
