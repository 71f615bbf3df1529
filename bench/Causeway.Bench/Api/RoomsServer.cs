using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Causeway.Bench.Peers;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Bench.Api;

/// <summary>The rooms API as the shortest program has it, with the same table and the same answers: minimal endpoints, Dapper, a pooled connection for each request, no middleware at all.</summary>
internal static class RoomsServer
{
    private const string Columns = """
        room_id, title, description, settings, created_by, created_at, updated_at, version,
        (SELECT json_group_array(listed.user_id) FROM (SELECT m.user_id FROM room_members m WHERE m.room_id = rooms.room_id ORDER BY m.user_id LIMIT 100) AS listed) AS users
        """;

    private static readonly JsonElement Nowhere = JsonElement.Parse("{}");

    public static Task ServeAsync(int port)
    {
        const string Connection = "Data Source=rooms.db";
        using (var first = new SqliteConnection(Connection))
        {
            first.Open();
            first.Execute("""
                PRAGMA journal_mode = WAL;
                CREATE TABLE rooms (room_id text PRIMARY KEY, title text, description text, settings text, created_by text, created_at bigint NOT NULL, updated_at bigint NOT NULL, version bigint NOT NULL);
                CREATE INDEX rooms_created_at_idx ON rooms (created_at, room_id);
                CREATE TABLE room_members (room_id text NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE, user_id text NOT NULL, PRIMARY KEY (room_id, user_id));
                """);
        }

        DefaultTypeMap.MatchNamesWithUnderscores = true;
        var builder = KestrelPeer.CreateBuilder(port);
        builder.Services.AddRouting();
        builder.Services.ConfigureHttpJsonOptions(static json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);
        var app = builder.Build();
        app.UseRouting();
        app.MapPost("/api/v1/rooms", async (NewRoom room) =>
        {
            if (!Validator.TryValidateObject(room, new ValidationContext(room), null, validateAllProperties: true))
            {
                return Results.UnprocessableEntity();
            }

            await using var connection = await OpenAsync();
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
            var created = new Row { RoomId = room.RoomId!, Title = room.Title, CreatedAt = now, UpdatedAt = now, Version = 1 };
            try
            {
                await connection.ExecuteAsync("INSERT INTO rooms VALUES (@RoomId, @Title, NULL, NULL, NULL, @CreatedAt, @UpdatedAt, @Version)", created);
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode == 19)
            {
                return Results.Conflict();
            }

            return Results.Created("/api/v1/rooms/" + room.RoomId, Room.From(created));
        });
        app.MapGet("/api/v1/rooms/{id}", async (string id) =>
        {
            await using var connection = await OpenAsync();
            return await connection.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM rooms WHERE room_id = @id", new { id }) is { } room
                ? Results.Ok(Room.From(room))
                : Results.NotFound();
        });
        app.MapPatch("/api/v1/rooms/{id}", async (string id, Changes changes) =>
        {
            await using var connection = await OpenAsync();
            return await connection.QuerySingleOrDefaultAsync<Row>(
                $"UPDATE rooms SET title = @Title, updated_at = @now, version = version + 1 WHERE room_id = @id RETURNING {Columns}",
                new { id, changes.Title, now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() }) is { } room
                ? Results.Ok(Room.From(room))
                : Results.NotFound();
        });
        app.MapGet("/api/v1/rooms", async (int? limit, string? cursor) =>
        {
            var size = Math.Clamp(limit ?? 20, 1, 100);
            await using var connection = await OpenAsync();
            List<Row> rooms;
            if (cursor is null)
            {
                rooms = (await connection.QueryAsync<Row>($"SELECT {Columns} FROM rooms ORDER BY created_at, room_id LIMIT @take", new { take = size + 1 })).AsList();
            }
            else
            {
                var position = Encoding.UTF8.GetString(Convert.FromBase64String(cursor)).Split(',', 2);
                rooms = (await connection.QueryAsync<Row>(
                    $"SELECT {Columns} FROM rooms WHERE created_at >= @at AND (created_at > @at OR (created_at = @at AND room_id > @id)) ORDER BY created_at, room_id LIMIT @take",
                    new { at = long.Parse(position[0], CultureInfo.InvariantCulture), id = position[1], take = size + 1 })).AsList();
            }

            var more = rooms.Count > size;
            var items = more ? rooms[..size] : rooms;
            return new Page(items.ConvertAll(Room.From), more ? Convert.ToBase64String(Encoding.UTF8.GetBytes($"{items[^1].CreatedAt},{items[^1].RoomId}")) : null, more);
        });
        return app.RunAsync();

        static async Task<SqliteConnection> OpenAsync()
        {
            var connection = new SqliteConnection(Connection);
            await connection.OpenAsync();
            return connection;
        }
    }

    internal sealed record NewRoom([property: Required, RegularExpression("^[A-Za-z0-9_.:-]{1,128}$")] string? RoomId, [property: StringLength(200, MinimumLength = 1)] string? Title);

    internal sealed record Changes(string? Title);

    internal sealed record Row
    {
        public required string RoomId { get; init; }

        public string? Title { get; init; }

        public string? Description { get; init; }

        public string? Settings { get; init; }

        public string? CreatedBy { get; init; }

        public long CreatedAt { get; init; }

        public long UpdatedAt { get; init; }

        public long Version { get; init; }

        public string? Users { get; init; }
    }

    /// <summary>As the program shows a room that nobody has open.</summary>
    internal sealed record Room(
        string RoomId,
        string Namespace,
        string? Title,
        string? Description,
        JsonElement Settings,
        IReadOnlyList<string> AllowedUsers,
        bool Permanent,
        string? CreatedBy,
        DateTimeOffset CreatedAt,
        DateTimeOffset UpdatedAt,
        long Version,
        string? Epoch,
        long? Offset,
        bool Durable,
        int HistoryCount,
        int Connections,
        int Members,
        long Dropped,
        long SlowCloses)
    {
        public static Room From(Row row) => new(
            row.RoomId,
            row.RoomId.Contains(':', StringComparison.Ordinal) ? row.RoomId[..row.RoomId.IndexOf(':', StringComparison.Ordinal)] : "default",
            row.Title,
            row.Description,
            row.Settings is null ? Nowhere : JsonElement.Parse(row.Settings),
            row.Users is null or "[]" ? [] : JsonSerializer.Deserialize<string[]>(row.Users)!,
            true,
            row.CreatedBy,
            DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedAt),
            DateTimeOffset.FromUnixTimeMilliseconds(row.UpdatedAt),
            row.Version,
            null,
            null,
            false,
            0,
            0,
            0,
            0,
            0);
    }

    internal sealed record Page(IReadOnlyList<Room> Items, string? NextCursor, bool HasNext);
}
