namespace Causeway.Server;

/// <summary>Publishing: to a room, to many, to a user, to a connection, to everybody.</summary>
internal static class PublishEndpoints
{
    public static void MapPublishEndpoints(this RouteGroupBuilder api, MessageLimits limits)
    {
        var publish = api.MapGroup("").WithTags("Publish").WithRateLimit(RateLimitPolicies.Publish);

        publish.MapPost("/rooms/{room_id}/messages", PublishMessage.HandleAsync)
            .WithName("publishMessage").WithSummary("Publish one message to a room.")
            .Needs(AccessRule.PublishToRoom).TakesIdempotencyKey(inMemory: true).TakesUpTo(limits.MessageBodyBytes)
            .Answers<PublishMessage.Published>(201).Refuses(404);
        publish.MapPost("/publish", PublishBatch.HandleAsync)
            .WithName("publishBatch").WithSummary("Publish up to 1,000 messages, in order; each has a result of its own.")
            .Needs(AccessRule.Credential).TakesIdempotencyKey(inMemory: true).TakesUpTo(limits.BatchBodyBytes)
            .Answers<PublishBatch.BatchResponse>(200);
        publish.MapPost("/users/{user_id}/messages", SendMessage.ToUser)
            .WithName("sendToUser").WithSummary("Send to every device of a user.")
            .Needs(AccessRule.Operator("messages:write")).TakesIdempotencyKey(inMemory: true).TakesUpTo(limits.MessageBodyBytes)
            .Answers<SendMessage.Sent>(201);
        publish.MapPost("/connections/{connection_id}/messages", SendMessage.ToConnection)
            .WithName("sendToConnection").WithSummary("Send to one connection.")
            .Needs(AccessRule.Operator("messages:write")).TakesIdempotencyKey(inMemory: true).TakesUpTo(limits.MessageBodyBytes)
            .Answers<SendMessage.Sent>(201).Refuses(404);
        publish.MapPost("/broadcast", SendMessage.ToEverybody)
            .WithName("broadcast").WithSummary("Send to every connection.")
            .Needs(AccessRule.Operator("messages:write")).TakesIdempotencyKey(inMemory: true).TakesUpTo(limits.MessageBodyBytes)
            .Answers<SendMessage.Sent>(201);
    }
}
