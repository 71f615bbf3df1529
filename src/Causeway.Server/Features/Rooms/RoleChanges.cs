namespace Causeway.Server;

/// <summary>Who got a role in a room, and who lost theirs.</summary>
internal sealed record RoleChanges(IReadOnlyList<string> Added, IReadOnlyList<string> Removed)
{
    public static RoleChanges None { get; } = new([], []);
}
