using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Keeps whoever manages others from making somebody, or themselves, mightier than they are.</summary>
internal static class Grants
{
    /// <summary>Whether a caller has all of the permissions.</summary>
    public static bool Covers(Caller caller, IEnumerable<string> permissions) => caller.IsAdmin || new PermissionSet(caller.Permissions).AllowsAll(permissions);

    /// <summary>Whether a caller has all that these roles allow; a role that is not there allows nothing.</summary>
    public static async Task<bool> CoversRolesAsync(Caller caller, IEnumerable<string> roles, Roles store, CancellationToken cancellationToken)
    {
        if (caller.IsAdmin)
        {
            return true;
        }

        foreach (var name in roles)
        {
            if (await store.FindAsync(name, cancellationToken) is { } role && !Covers(caller, role.Permissions))
            {
                return false;
            }
        }

        return true;
    }
}
