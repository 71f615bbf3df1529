namespace Causeway.Server;

/// <summary>Roles: names for what several accounts may do.</summary>
internal static class RoleEndpoints
{
    public static void MapRoleEndpoints(this RouteGroupBuilder api)
    {
        var roles = api.MapGroup("/roles").WithTags("Roles");

        roles.MapGet("", GetRole.ListAsync)
            .WithName("listRoles").WithSummary("List all roles, by name.")
            .Needs(AccessRule.Operator("roles:read")).Answers<GetRole.RoleList>(200);
        roles.MapGet("/{role}", GetRole.HandleAsync)
            .WithName("getRole").WithSummary("Show one role.")
            .Needs(AccessRule.Operator("roles:read")).Answers<RoleResponse>(200).Tags(200).Refuses(404);
        roles.MapPut("/{role}", PutRole.HandleAsync)
            .WithName("putRole").WithSummary("Make a role, or change what it allows; it governs everybody who has it within a second.")
            .Needs(AccessRule.Operator("roles:write")).Answers<RoleResponse>(200).Answers<RoleResponse>(201).Tags(200, 201).Refuses(409, 412)
            .WithMetadata(new ResponseHeader(201, "Location", "Where it is now."));
        roles.MapDelete("/{role}", DeleteRole.HandleAsync)
            .WithName("deleteRole").WithSummary("Delete a role that no account has.")
            .Needs(AccessRule.Operator("roles:write")).Answers(204).Refuses(404, 409, 412);
    }
}
