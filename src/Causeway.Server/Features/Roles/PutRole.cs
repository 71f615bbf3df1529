using System.ComponentModel.DataAnnotations;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Makes a role, or changes what it allows.</summary>
internal static class PutRole
{
    /// <summary>What the role is to be.</summary>
    [Example("""{"description":"Looks after rooms.","permissions":["rooms:read","rooms:write","publish:*"]}""")]
    internal sealed record PutRoleRequest
    {
        /// <summary>What it is for.</summary>
        [StringLength(RoleRules.MaxDescriptionLength, MinimumLength = 1)]
        public string? Description { get; init; }

        /// <summary>What it allows, as in <c>rooms:read</c>, <c>publish:news:*</c>; <c>*</c> is everything.</summary>
        [Required]
        [MaxLength(RoleRules.MaxPermissions)]
        public IReadOnlyList<string>? Permissions { get; init; }
    }

    public static async Task<IResult> HandleAsync(
        [RegularExpression(RoleRules.NamePattern)] string role,
        Caller caller,
        JsonBody<PutRoleRequest> body,
        RequestConditions conditions,
        HttpContext context,
        Roles roles,
        CancellationToken cancellationToken)
    {
        var request = body.Value;
        var errors = new FieldErrors();
        errors.Check(Role.IsName(role), "role", RoleRules.NameRule);
        errors.Check(request.Description is null || request.Description.Length <= RoleRules.MaxDescriptionLength && AccountRules.IsName(request.Description), "description", RoleRules.DescriptionRule);
        errors.Check(RoleRules.ArePermissions(request.Permissions), "permissions", RoleRules.PermissionsRule);
        if (errors.ToError() is { } invalid)
        {
            return invalid.ToResult();
        }

        var permissions = new PermissionSet(request.Permissions!);
        while (true)
        {
            var before = await roles.FindAsync(role, cancellationToken);
            if (conditions.Check(before?.Version) is { } refused)
            {
                return refused.ToResult();
            }

            if (!Grants.Covers(caller, permissions) || before is not null && !Grants.Covers(caller, before.Permissions))
            {
                return UserErrors.GreaterThanCaller.ToResult();
            }

            var result = await roles.PutAsync(role, request.Description, permissions, before?.Version, Origins.Of(context), cancellationToken);
            switch (result.Status)
            {
                case RoleStatus.Created:
                    return TypedResults.Created("/api/v1/roles/" + role, RoleResponse.From(result.Role!)).WithETag(result.Role!.Version);
                case RoleStatus.Changed:
                    return TypedResults.Ok(RoleResponse.From(result.Role!)).WithETag(result.Role!.Version);
                case RoleStatus.BuiltIn:
                    return RoleRules.BuiltIn.ToResult();
            }
        }
    }
}
