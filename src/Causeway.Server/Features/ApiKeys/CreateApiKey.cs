using System.ComponentModel.DataAnnotations;
using Causeway.Data;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Makes an API key; this is the only time its secret is told.</summary>
internal static class CreateApiKey
{
    /// <summary>A key to make.</summary>
    [Example("""{"name":"Publishes prices","scopes":["publish:prices:*"]}""")]
    internal sealed record CreateApiKeyRequest
    {
        /// <summary>What it is for.</summary>
        [Required]
        [StringLength(ApiKeyRules.MaxNameLength, MinimumLength = 1)]
        public string? Name { get; init; }

        /// <summary>What it may do; nothing that whoever makes it may not.</summary>
        [Required]
        [MinLength(1)]
        [MaxLength(ApiKeyRules.MaxScopes)]
        public IReadOnlyList<string>? Scopes { get; init; }

        /// <summary>When it ends; never when absent.</summary>
        public DateTimeOffset? ExpiresAt { get; init; }
    }

    public static async Task<IResult> HandleAsync(
        Caller caller, JsonBody<CreateApiKeyRequest> body, HttpContext context, Database database, ApiKeys keys, TimeProvider time)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(request.Name is not null && ApiKeyRules.IsName(request.Name), "name", ApiKeyRules.NameRule);
        errors.Check(ApiKeyRules.AreScopes(request.Scopes), "scopes", ApiKeyRules.ScopesRule);
        errors.Check(request.ExpiresAt is null || request.ExpiresAt > time.GetUtcNow(), "expires_at", ApiKeyRules.ExpiryRule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        if (caller.Access?.Kind is AccessKind.ApiKey or AccessKind.ForeignToken)
        {
            return ApiKeyRules.NotForKeys.ToResult();
        }

        if (!Grants.Covers(caller, request.Scopes!))
        {
            return UserErrors.GreaterThanCaller.ToResult();
        }

        context.Response.Headers.CacheControl = "no-store";
        return await database.WriteOnceAsync(context, async (unit, token) =>
        {
            var (key, secret) = await keys.CreateAsync(unit, request.Name!, new PermissionSet(request.Scopes!), caller.UserId, request.ExpiresAt, Origins.Of(context), token);
            return new KeptAnswer(StatusCodes.Status201Created, ApiKeyResponse.From(key) with { Secret = secret.Text })
            {
                Location = "/api/v1/api-keys/" + key.Id,
                ETag = EntityTag.Of(key.Version),
            };
        });
    }
}
