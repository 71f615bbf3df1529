using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Makes a webhook; this is the only time its first key is told.</summary>
internal static class CreateWebhook
{
    /// <summary>A webhook to make.</summary>
    [Example("""{"url":"https://example.com/causeway","description":"Keeps the shop's database","events":["user.*","room.published"],"rooms":["orders:*"]}""")]
    internal sealed record CreateWebhookRequest
    {
        /// <summary>Where events are posted to.</summary>
        [Required, StringLength(WebhookRules.MaxUrlLength, MinimumLength = 1)]
        public string? Url { get; init; }

        /// <summary>What it is for, 1–500 characters.</summary>
        [StringLength(WebhookRules.MaxDescriptionLength, MinimumLength = 1)]
        public string? Description { get; init; }

        /// <summary>The events it is told of: types, or how they begin and <c>*</c>.</summary>
        [Required, MinLength(1), MaxLength(WebhookRules.MaxPatterns)]
        public IReadOnlyList<string>? Events { get; init; }

        /// <summary>The rooms whose events it is told of: names, or how they begin and <c>*</c>; all where absent.</summary>
        [MinLength(1), MaxLength(WebhookRules.MaxPatterns)]
        public IReadOnlyList<string>? Rooms { get; init; }

        /// <summary>Whether it is told of anything from now on.</summary>
        public bool Active { get; init; } = true;
    }

    public static async Task<IResult> HandleAsync(
        Caller caller, JsonBody<CreateWebhookRequest> body, HttpContext context, WebhookDesk desk, ServerSettings settings, TimeProvider time)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        WebhookRules.CheckUrl(errors, request.Url, settings.Webhooks.AllowPrivateNetworks);
        WebhookRules.CheckDescription(errors, request.Description);
        WebhookRules.CheckEvents(errors, request.Events);
        WebhookRules.CheckRooms(errors, request.Rooms);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        var now = time.GetUtcNow();
        var secret = WebhookSecret.Create(now);
        var row = new WebhookRow
        {
            Id = Guid.CreateVersion7(now).ToString(),
            Url = request.Url!,
            Description = request.Description,
            Events = JsonSerializer.Serialize(request.Events),
            Rooms = request.Rooms is null ? null : JsonSerializer.Serialize(request.Rooms),
            Active = request.Active,
            Secrets = WebhookSecret.Write([secret]),
            CreatedBy = caller.UserId,
            CreatedAt = now.ToUnixTimeMilliseconds(),
            UpdatedAt = now.ToUnixTimeMilliseconds(),
            Version = 1,
        };
        context.Response.Headers.CacheControl = "no-store";
        return await desk.WriteOnceAsync(context, async (unit, token) =>
        {
            await WebhookStore.InsertAsync(unit, row, token);
            await desk.NoteAsync(unit, context, "webhook.create", row.Id, WebhookRules.Describe(row), token);
            return new KeptAnswer(StatusCodes.Status201Created, WebhookResponse.From(row, now) with { Secret = secret.Value })
            {
                Location = "/api/v1/webhooks/" + row.Id,
                ETag = EntityTag.Of(row.Version),
            };
        });
    }
}
