using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Shows roles.</summary>
internal static class GetRole
{
    /// <summary>All roles.</summary>
    /// <param name="Items">By name.</param>
    internal sealed record RoleList(IReadOnlyList<RoleResponse> Items);

    public static async Task<RoleList> ListAsync(Roles roles, CancellationToken cancellationToken) =>
        new([.. (await roles.ListAsync(cancellationToken)).Select(RoleResponse.From)]);

    public static async Task<IResult> HandleAsync(string role, Roles roles, CancellationToken cancellationToken) =>
        await roles.FindAsync(role, cancellationToken) is { } found
            ? TypedResults.Ok(RoleResponse.From(found)).WithETag(found.Version)
            : RoleRules.NotFound.ToResult();
}
