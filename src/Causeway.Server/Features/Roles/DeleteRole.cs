using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Deletes a role that no account has.</summary>
internal static class DeleteRole
{
    public static async Task<IResult> HandleAsync(string role, Caller caller, RequestConditions conditions, HttpContext context, Roles roles, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await roles.FindAsync(role, cancellationToken) is not { } before)
            {
                return RoleRules.NotFound.ToResult();
            }

            if (conditions.Check(before.Version) is { } refused)
            {
                return refused.ToResult();
            }

            if (!Grants.Covers(caller, before.Permissions))
            {
                return UserErrors.GreaterThanCaller.ToResult();
            }

            var result = await roles.DeleteAsync(role, before.Version, Origins.Of(context), cancellationToken);
            switch (result.Status)
            {
                case RoleStatus.Changed:
                    return TypedResults.NoContent();
                case RoleStatus.NotFound:
                    return RoleRules.NotFound.ToResult();
                case RoleStatus.BuiltIn:
                    return RoleRules.BuiltIn.ToResult();
                case RoleStatus.InUse:
                    return RoleRules.InUse(result.Users).ToResult();
            }
        }
    }
}
