using Causeway.Data;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>What the database knows of files; the only place with their SQL. Their bytes are in an <see cref="UploadDirectory"/>.</summary>
internal sealed class FileStore(Database database, TimeProvider time)
{
    public const string Columns = "files.id, files.owner_id, files.name, files.content_type, files.size, files.sha256, files.created_at, files.updated_at, files.version";

    /// <summary>Files, as requests may sort and filter them.</summary>
    public static ApiList<FileRow> List { get; } = new(
        "files",
        Columns,
        "files",
        "-created_at",
        [
            ListField.Text("name"),
            ListField.Text("owner_id") with { Filters = FilterOperators.Equal, Sortable = false },
            ListField.Text("content_type") with { Filters = FilterOperators.Equal | FilterOperators.Prefix, Sortable = false },
            ListField.Text("sha256") with { Filters = FilterOperators.Equal, Sortable = false },
            ListField.Number("size"),
            ListField.Time("created_at"),
        ]);

    public static ListExport<FileResponse> Export { get; } = List.ToExport("files", AccessRule.Credential, FileResponse.From, FileResponse.Table, FileAccess.Scope);

    /// <summary>Files posted in a room, newest first.</summary>
    public static ApiList<FileRow> InRoom { get; } = new(
        "room_files",
        Columns,
        "room_files JOIN files ON files.id = room_files.file_id",
        "-posted_at",
        [
            ListField.Text("name"),
            ListField.Text("content_type") with { Filters = FilterOperators.Equal | FilterOperators.Prefix, Sortable = false },
            ListField.Time("posted_at"),
        ],
        id: "files.id");

    public Task<FileRow?> FindAsync(string id, CancellationToken cancellationToken) =>
        database.QuerySingleOrDefaultAsync<FileRow>($"SELECT {Columns} FROM files WHERE id = @id", new { id }, cancellationToken);

    /// <summary>Sets room aside for an upload, or more of it. Uploads of one owner are told apart one after the other, so together they never get more than there is.</summary>
    /// <param name="reservation">The upload.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="bytes">What it may come to in total.</param>
    /// <param name="quota">What all of the owner's files may come to.</param>
    /// <param name="lasts">How long the room stays set aside if nobody frees it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What it may come to: as much as was asked, or as there is.</returns>
    public Task<long> ReserveAsync(string reservation, string owner, long bytes, long quota, TimeSpan lasts, CancellationToken cancellationToken) => database.WriteAsync(
        async (unit, token) =>
        {
            var now = time.GetUtcNow();
            var parameters = new
            {
                reservation,
                owner,
                now = now.ToUnixTimeMilliseconds(),
                until = (now + lasts).ToUnixTimeMilliseconds(),
            };
            await unit.ExecuteAsync("INSERT INTO file_owners (owner_id, used_bytes) VALUES (@owner, 0) ON CONFLICT (owner_id) DO NOTHING", parameters, token);

            // Changes nothing, and holds the row until the end.
            var used = await unit.QuerySingleOrDefaultAsync<long>(
                "UPDATE file_owners SET used_bytes = used_bytes WHERE owner_id = @owner RETURNING used_bytes", parameters, token);
            var others = await unit.QuerySingleOrDefaultAsync<long>(
                "SELECT CAST(COALESCE(SUM(bytes), 0) AS bigint) FROM file_reservations WHERE owner_id = @owner AND id <> @reservation AND expires_at > @now", parameters, token);
            var granted = Math.Clamp(quota - used - others, 0, bytes);
            await unit.ExecuteAsync(
                """
                INSERT INTO file_reservations (id, owner_id, bytes, expires_at) VALUES (@reservation, @owner, @granted, @until)
                ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes, expires_at = excluded.expires_at
                """,
                new { parameters.reservation, parameters.owner, granted, parameters.until },
                token);
            return granted;
        },
        cancellationToken);

    /// <summary>Frees the room of an upload that came to nothing.</summary>
    public Task ReleaseAsync(string reservation) => database.ExecuteAsync("DELETE FROM file_reservations WHERE id = @reservation", new { reservation });

    /// <summary>Adds a file whose bytes are stored; the room set aside for it becomes what it takes.</summary>
    public static async Task AddAsync(UnitOfWork unit, FileRow file, string reservation, CancellationToken cancellationToken)
    {
        await unit.ExecuteAsync("DELETE FROM file_reservations WHERE id = @reservation", new { reservation }, cancellationToken);
        await unit.ExecuteAsync(
            """
            INSERT INTO files (id, owner_id, name, content_type, size, sha256, created_at, updated_at, version)
            VALUES (@Id, @OwnerId, @Name, @ContentType, @Size, @Sha256, @CreatedAt, @UpdatedAt, @Version)
            """,
            file,
            cancellationToken);
        await unit.ExecuteAsync(
            "INSERT INTO file_owners (owner_id, used_bytes) VALUES (@OwnerId, @Size) ON CONFLICT (owner_id) DO UPDATE SET used_bytes = file_owners.used_bytes + excluded.used_bytes",
            file,
            cancellationToken);
    }

    /// <summary>Gives a file another name; null where it is gone or was changed since the version.</summary>
    public Task<FileRow?> RenameAsync(UnitOfWork unit, string id, long version, string name, CancellationToken cancellationToken) =>
        unit.QuerySingleOrDefaultAsync<FileRow>(
            $"UPDATE files SET name = @name, updated_at = @now, version = version + 1 WHERE id = @id AND version = @version RETURNING {Columns.Replace("files.", "", StringComparison.Ordinal)}",
            new { id, version, name, now = time.GetUtcNow().ToUnixTimeMilliseconds() },
            cancellationToken);

    /// <summary>Forgets a file, and where it was posted; false where it is gone or was changed since the version.</summary>
    public static async Task<bool> DeleteAsync(UnitOfWork unit, FileRow file, CancellationToken cancellationToken)
    {
        if (await unit.ExecuteAsync("DELETE FROM files WHERE id = @Id AND version = @Version", file, cancellationToken) == 0)
        {
            return false;
        }

        await unit.ExecuteAsync("UPDATE file_owners SET used_bytes = used_bytes - @Size WHERE owner_id = @OwnerId", file, cancellationToken);
        return true;
    }

    /// <summary>The rooms in which a file is posted.</summary>
    public Task<List<string>> RoomsOfAsync(string id, CancellationToken cancellationToken) =>
        database.QueryAsync<string>("SELECT room_id FROM room_files WHERE file_id = @id ORDER BY room_id", new { id }, cancellationToken);

    /// <summary>Whether anything is posted in a room.</summary>
    public async Task<bool> AnyInAsync(string roomId, CancellationToken cancellationToken) => await database.QuerySingleOrDefaultAsync<long>(
        "SELECT COUNT(*) FROM (SELECT 1 FROM room_files WHERE room_id = @roomId LIMIT 1) AS found", new { roomId }, cancellationToken) > 0;

    /// <summary>Notes that a file is posted in a room; false where it was already.</summary>
    /// <exception cref="ForeignKeyViolationException">The file is gone.</exception>
    public async Task<bool> PostAsync(string roomId, string id, string? postedBy, CancellationToken cancellationToken) => await database.ExecuteAsync(
        "INSERT INTO room_files (room_id, file_id, posted_by, posted_at) VALUES (@roomId, @id, @postedBy, @now) ON CONFLICT (room_id, file_id) DO NOTHING",
        new { roomId, id, postedBy, now = time.GetUtcNow().ToUnixTimeMilliseconds() },
        cancellationToken) > 0;

    /// <summary>Takes a file out of a room; false where it is not posted there.</summary>
    public async Task<bool> WithdrawAsync(string roomId, string id, CancellationToken cancellationToken) =>
        await database.ExecuteAsync("DELETE FROM room_files WHERE room_id = @roomId AND file_id = @id", new { roomId, id }, cancellationToken) > 0;

    /// <summary>Takes all files out of a room that ends: one that is made under its name later has none of them.</summary>
    public static Task WithdrawAllAsync(UnitOfWork unit, string roomId, CancellationToken cancellationToken) =>
        unit.ExecuteAsync("DELETE FROM room_files WHERE room_id = @roomId", new { roomId }, cancellationToken);

    /// <summary>Frees room that a crash left set aside.</summary>
    public Task<int> ForgetReservationsAsync(CancellationToken cancellationToken) => database.ExecuteAsync(
        "DELETE FROM file_reservations WHERE expires_at <= @now", new { now = time.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken);

    /// <summary>Those of the ids that are files.</summary>
    public async Task<HashSet<string>> KnownAsync(string[] ids, CancellationToken cancellationToken)
    {
        // PostgreSQL takes a list as one parameter, SQLite as many.
        var among = database.Provider == DatabaseProvider.Postgres ? "= ANY(@ids)" : "IN @ids";
        return [.. await database.QueryAsync<string>($"SELECT id FROM files WHERE id {among}", new { ids }, cancellationToken)];
    }
}
