namespace Causeway.Server;

/// <summary>API keys: credentials for servers. Everybody sees their own, admins all.</summary>
internal static class ApiKeyEndpoints
{
    public static void MapApiKeyEndpoints(this RouteGroupBuilder api)
    {
        var keys = api.MapGroup("/api-keys").WithTags("API keys").WithoutCompression();

        keys.MapList(ApiKeyList.List, ApiKeyList.Shape, static (_, caller) => ApiKeyList.Scope(caller))
            .WithName("listApiKeys").WithSummary("List keys without their secrets: one's own, admins all.")
            .Needs(AccessRule.Permission("api_keys:read"));
        keys.MapPost("", CreateApiKey.HandleAsync)
            .WithName("createApiKey").WithSummary("Make a key. Its secret is in the answer, and nowhere else.")
            .Needs(AccessRule.Permission("api_keys:write")).TakesIdempotencyKey().Answers<ApiKeyResponse>(201).Tags(201);
        keys.MapGet("/{key_id}", UpdateApiKey.ShowAsync)
            .WithName("getApiKey").WithSummary("Show one key, without its secret.")
            .Needs(AccessRule.Permission("api_keys:read")).Answers<ApiKeyResponse>(200).Tags(200).Refuses(404);
        keys.MapPatch("/{key_id}", UpdateApiKey.HandleAsync)
            .WithName("updateApiKey").WithSummary("Change a key, or revoke it, which counts at once; what is not named stays.")
            .Needs(AccessRule.Permission("api_keys:write")).Answers<ApiKeyResponse>(200).Tags(200).Refuses(404, 412);
        keys.MapDelete("/{key_id}", UpdateApiKey.DeleteAsync)
            .WithName("deleteApiKey").WithSummary("Delete a key; whoever has it is let in no more.")
            .Needs(AccessRule.Permission("api_keys:write")).Answers(204).Refuses(404, 412);
    }
}
