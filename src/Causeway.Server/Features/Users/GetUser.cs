using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Shows one account.</summary>
internal static class GetUser
{
    public static async Task<IResult> HandleAsync(string user_id, Accounts accounts, CancellationToken cancellationToken) =>
        await accounts.FindAsync(user_id, cancellationToken) is { } account
            ? TypedResults.Ok(UserResponse.From(account)).WithETag(account.Version)
            : UserErrors.NotFound.ToResult();
}
