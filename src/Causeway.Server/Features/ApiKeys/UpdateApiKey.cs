using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Shows, changes, revokes and deletes an API key.</summary>
internal static class UpdateApiKey
{
    /// <summary>What to change; what is not named stays.</summary>
    [Example("""{"name":"Publishes prices","revoked":true}""")]
    internal sealed record UpdateApiKeyRequest
    {
        private readonly DateTimeOffset? _expiresAt;

        /// <summary>What it is for.</summary>
        [StringLength(ApiKeyRules.MaxNameLength, MinimumLength = 1)]
        public string? Name { get; init; }

        /// <summary>What it may do; nothing that whoever changes it may not.</summary>
        [MinLength(1)]
        [MaxLength(ApiKeyRules.MaxScopes)]
        public IReadOnlyList<string>? Scopes { get; init; }

        /// <summary>When it ends; null for never.</summary>
        public DateTimeOffset? ExpiresAt
        {
            get => _expiresAt;
            init => (_expiresAt, NamesExpiry) = (value, true);
        }

        /// <summary>True voids it at once and for good; false changes nothing.</summary>
        public bool Revoked { get; init; }

        [JsonIgnore]
        public bool NamesExpiry { get; private init; }
    }

    public static async Task<IResult> ShowAsync(string key_id, Caller caller, ApiKeys keys, CancellationToken cancellationToken) =>
        await keys.FindAsync(key_id, cancellationToken) is { } key && ApiKeyRules.IsFor(caller, key)
            ? TypedResults.Ok(ApiKeyResponse.From(key)).WithETag(key.Version)
            : ApiKeyRules.NotFound.ToResult();

    public static async Task<IResult> HandleAsync(
        string key_id,
        Caller caller,
        JsonBody<UpdateApiKeyRequest> body,
        RequestConditions conditions,
        HttpContext context,
        ApiKeys keys,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var request = body.Value;
        while (true)
        {
            if (await keys.FindAsync(key_id, cancellationToken) is not { } before || !ApiKeyRules.IsFor(caller, before))
            {
                return ApiKeyRules.NotFound.ToResult();
            }

            var errors = new FieldErrors();
            errors.Check(request.Name is null || ApiKeyRules.IsName(request.Name), "name", ApiKeyRules.NameRule);
            errors.Check(request.Scopes is null || ApiKeyRules.AreScopes(request.Scopes), "scopes", ApiKeyRules.ScopesRule);
            errors.Check(request.ExpiresAt is null || request.ExpiresAt > time.GetUtcNow(), "expires_at", ApiKeyRules.ExpiryRule);
            if ((errors.ToError() ?? conditions.Check(before.Version)) is { } refused)
            {
                return refused.ToResult();
            }

            if (request.Scopes is not null && !Grants.Covers(caller, request.Scopes))
            {
                return UserErrors.GreaterThanCaller.ToResult();
            }

            var changes = new ApiKeyChanges
            {
                Name = request.Name,
                Scopes = request.Scopes is null ? null : new PermissionSet(request.Scopes),
                SetsExpiry = request.NamesExpiry,
                ExpiresAt = request.ExpiresAt,
                Revokes = request.Revoked,
            };
            var result = await keys.UpdateAsync(key_id, changes, before.Version, Origins.Of(context), cancellationToken);
            switch (result.Status)
            {
                case ApiKeyStatus.Done:
                    return TypedResults.Ok(ApiKeyResponse.From(result.Key!)).WithETag(result.Key!.Version);
                case ApiKeyStatus.NotFound:
                    return ApiKeyRules.NotFound.ToResult();
            }
        }
    }

    public static async Task<IResult> DeleteAsync(string key_id, Caller caller, RequestConditions conditions, HttpContext context, ApiKeys keys, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await keys.FindAsync(key_id, cancellationToken) is not { } before || !ApiKeyRules.IsFor(caller, before))
            {
                return ApiKeyRules.NotFound.ToResult();
            }

            if (conditions.Check(before.Version) is { } refused)
            {
                return refused.ToResult();
            }

            var result = await keys.DeleteAsync(key_id, before.Version, Origins.Of(context), cancellationToken);
            if (result.Status != ApiKeyStatus.OtherVersion)
            {
                return result.Status == ApiKeyStatus.Done ? TypedResults.NoContent() : ApiKeyRules.NotFound.ToResult();
            }
        }
    }
}
