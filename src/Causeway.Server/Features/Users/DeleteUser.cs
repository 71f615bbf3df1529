using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Deletes an account, or ends all of its sessions.</summary>
internal static class DeleteUser
{
    public static async Task<IResult> HandleAsync(
        string user_id, Caller caller, RequestConditions conditions, HttpContext context, Accounts accounts, Roles roles, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await accounts.FindAsync(user_id, cancellationToken) is not { } before)
            {
                return UserErrors.NotFound.ToResult();
            }

            if (conditions.Check(before.Version) is { } refused)
            {
                return refused.ToResult();
            }

            if (!await Grants.CoversRolesAsync(caller, before.Roles, roles, cancellationToken))
            {
                return UserErrors.GreaterThanCaller.ToResult();
            }

            var result = await accounts.DeleteAsync(user_id, before.Version, Origins.Of(context), cancellationToken);
            if (result.Status != AccountStatus.OtherVersion)
            {
                return result.Status == AccountStatus.Done ? TypedResults.NoContent() : UserErrors.Of(result).ToResult();
            }
        }
    }

    public static async Task<IResult> LogOutAsync(string user_id, HttpContext context, Accounts accounts, Sessions sessions, CancellationToken cancellationToken)
    {
        if (await accounts.FindAsync(user_id, cancellationToken) is null)
        {
            return UserErrors.NotFound.ToResult();
        }

        await sessions.EndAllAsync(user_id, Origins.Of(context), cancellationToken);
        return TypedResults.NoContent();
    }
}
