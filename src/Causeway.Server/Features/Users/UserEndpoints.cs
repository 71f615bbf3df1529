using Causeway.Http;

namespace Causeway.Server;

/// <summary>Accounts, as whoever runs the service sees them.</summary>
internal static class UserEndpoints
{
    public static void MapUserEndpoints(this RouteGroupBuilder api)
    {
        var users = api.MapGroup("/users").WithTags("Users");

        users.MapList(UserList.List, UserList.Shape, static (_, _) => ListScope.All)
            .WithName("listUsers").WithSummary("List accounts, by cursor or by page, sorted and filtered.")
            .Needs(AccessRule.Operator("users:read"));
        users.MapExports(UserList.Export);
        users.MapPost("/import", ImportUsers.HandleAsync)
            .WithName("importUsers").WithSummary("Make accounts of the rows of a CSV file; what is wrong is told by line, and keeps no other row out.")
            .Needs(AccessRule.Operator("users:write")).TakesUpTo(ImportUsers.MaxBytes).WithRateLimit(RateLimitPolicies.Upload)
            .Accepts<string>("text/csv", "text/plain", "multipart/form-data").Answers<CsvImportReport>(200).Refuses(408, 413, 415, 422, 503);
        users.MapPost("", CreateUser.HandleAsync)
            .WithName("createUser").WithSummary("Make an account; without a password its owner is sent a link to choose one.")
            .Needs(AccessRule.Operator("users:write")).TakesIdempotencyKey().Answers<UserResponse>(201).Tags(201).Refuses(409, 503);
        users.MapGet("/{user_id}", GetUser.HandleAsync)
            .WithName("getUser").WithSummary("Show one account.")
            .Needs(AccessRule.Operator("users:read")).Answers<UserResponse>(200).Tags(200).Refuses(404);
        users.MapPatch("/{user_id}", UpdateUser.HandleAsync)
            .WithName("updateUser").WithSummary("Change an account; what is not named stays.")
            .Needs(AccessRule.Operator("users:write")).Answers<UserResponse>(200).Tags(200).Refuses(404, 409, 412, 503);
        users.MapDelete("/{user_id}", DeleteUser.HandleAsync)
            .WithName("deleteUser").WithSummary("Delete an account with its sessions and API keys.")
            .Needs(AccessRule.Operator("users:write")).Answers(204).Refuses(404, 412);
        users.MapPost("/{user_id}/logout", DeleteUser.LogOutAsync)
            .WithName("logOutUser").WithSummary("End all sessions of an account; its access tokens are void at once.")
            .Needs(AccessRule.Operator("users:write")).Answers(204).Refuses(404);
    }
}
