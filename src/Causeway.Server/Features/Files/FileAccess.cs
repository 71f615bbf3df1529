using Causeway.Realtime;

namespace Causeway.Server;

/// <summary>
/// Who may see and change a file, in one place: its owner, whoever has the permission, and, to see it, whoever may join a room in which it is posted, by the
/// same rules by which they would join.
/// </summary>
internal sealed class FileAccess(FileStore files, RoomAccess rooms)
{
    public const string Read = "files:read";
    public const string Write = "files:write";

    /// <summary>The owner's name of a caller: the user, or the credential where there is none.</summary>
    public static string OwnerOf(Caller caller) => caller.UserId ?? caller.Principal;

    /// <summary>What a caller may see in lists.</summary>
    public static ListScope Scope(Caller caller) => caller.Has(Read) ? ListScope.All : new ListScope("owner_id = @owner", new { owner = OwnerOf(caller) });

    /// <summary>Whether a caller may upload: every user, and other credentials that may change files.</summary>
    public static bool MayUpload(Caller caller) => caller.UserId is not null || caller.Has(Write);

    /// <summary>Whether it is the caller's own.</summary>
    public static bool IsOwn(Caller caller, FileRow file) => file.OwnerId == OwnerOf(caller);

    /// <summary>The file if the caller may see it; null also where there is none.</summary>
    public async Task<FileRow?> FindReadableAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var file = await files.FindAsync(id, cancellationToken);
        return file is null || IsOwn(caller, file) || caller.Has(Read) || await IsPostedToAsync(caller, id, cancellationToken) ? file : null;
    }

    /// <summary>The file if the caller may change it. To whoever may see it and not change it, the second value says so.</summary>
    public async Task<(FileRow? File, bool IsVisible)> FindWritableAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var file = await FindReadableAsync(caller, id, cancellationToken);
        return file is not null && (IsOwn(caller, file) || caller.Has(Write)) ? (file, true) : (null, file is not null);
    }

    private async Task<bool> IsPostedToAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        var identity = caller.ToIdentity();
        foreach (var name in await files.RoomsOfAsync(id, cancellationToken))
        {
            if (RoomId.TryParse(name, null, out var room) && await rooms.CheckJoinAsync(identity, room, cancellationToken) is null)
            {
                return true;
            }
        }

        return false;
    }
}
