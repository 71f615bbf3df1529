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

/// <summary>The rooms API as the shortest program has it: minimal endpoints, Dapper, a pooled connection for each request, no middleware at all.</summary>
internal static class RoomsServer
{
    private const string Columns = "id AS RoomId, title AS Title, created_at AS CreatedAt, version AS Version";

    public static Task ServeAsync(int port)
    {
        const string Connection = "Data Source=rooms.db";
        using (var first = new SqliteConnection(Connection))
        {
            first.Open();
            first.Execute("""
                PRAGMA journal_mode = WAL;
                CREATE TABLE rooms (id text PRIMARY KEY, title text, created_at bigint NOT NULL, version bigint NOT NULL);
                CREATE INDEX rooms_created_at_idx ON rooms (created_at, id);
                """);
        }

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
            var created = new Room(room.RoomId!, room.Title, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), 1);
            try
            {
                await connection.ExecuteAsync("INSERT INTO rooms VALUES (@RoomId, @Title, @CreatedAt, @Version)", created);
            }
            catch (SqliteException exception) when (exception.SqliteErrorCode == 19)
            {
                return Results.Conflict();
            }

            return Results.Created("/api/v1/rooms/" + room.RoomId, created);
        });
        app.MapGet("/api/v1/rooms/{id}", async (string id) =>
        {
            await using var connection = await OpenAsync();
            return await connection.QuerySingleOrDefaultAsync<Room>($"SELECT {Columns} FROM rooms WHERE id = @id", new { id }) is { } room
                ? Results.Ok(room)
                : Results.NotFound();
        });
        app.MapPatch("/api/v1/rooms/{id}", async (string id, Changes changes) =>
        {
            await using var connection = await OpenAsync();
            return await connection.QuerySingleOrDefaultAsync<Room>(
                $"UPDATE rooms SET title = @Title, version = version + 1 WHERE id = @id RETURNING {Columns}", new { id, changes.Title }) is { } room
                ? Results.Ok(room)
                : Results.NotFound();
        });
        app.MapGet("/api/v1/rooms", async (int? limit, string? cursor) =>
        {
            var size = Math.Clamp(limit ?? 20, 1, 100);
            await using var connection = await OpenAsync();
            List<Room> rooms;
            if (cursor is null)
            {
                rooms = (await connection.QueryAsync<Room>($"SELECT {Columns} FROM rooms ORDER BY created_at, id LIMIT @take", new { take = size + 1 })).AsList();
            }
            else
            {
                var position = Encoding.UTF8.GetString(Convert.FromBase64String(cursor)).Split(',', 2);
                rooms = (await connection.QueryAsync<Room>(
                    $"SELECT {Columns} FROM rooms WHERE created_at >= @at AND (created_at > @at OR (created_at = @at AND id > @id)) ORDER BY created_at, id LIMIT @take",
                    new { at = long.Parse(position[0], CultureInfo.InvariantCulture), id = position[1], take = size + 1 })).AsList();
            }

            var more = rooms.Count > size;
            var items = more ? rooms[..size] : rooms;
            return new Page(items, more ? Convert.ToBase64String(Encoding.UTF8.GetBytes($"{items[^1].CreatedAt},{items[^1].RoomId}")) : null, more);
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

    internal sealed record Room(string RoomId, string? Title, long CreatedAt, long Version);

    internal sealed record Page(IReadOnlyList<Room> Items, string? NextCursor, bool HasNext);
}
