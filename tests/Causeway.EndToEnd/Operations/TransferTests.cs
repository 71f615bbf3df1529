using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Causeway.Testing;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Causeway.EndToEnd.Operations;

/// <summary>C3, C4: what is large goes through and does not stay: memory does not grow with files and rows, and a kill leaves nothing half.</summary>
[Collection(nameof(AloneInTheEnd))]
public sealed class TransferTests
{
    private const long MiB = 1_048_576;
    private const long FileBytes = 2_048 * MiB;
    private const int Rows = 1_000_000;
    private const int ManyRows = 300_000;

    [Fact]
    public async Task Upload_TwoGibibytes_GrowsBy64MebibytesAtMost()
    {
        await using var causeway = await CausewayProcess.StartAsync($$"""{ "Files": { "MaxBytes": {{FileBytes}} } }""");
        Assert.Equal(201, (await UploadAsync(causeway, 16 * MiB)).Status);
        var before = Memory(causeway);

        HttpAnswer? answer = null;
        var most = await MostMemoryAsync(causeway, async () => answer = await UploadAsync(causeway, FileBytes));

        Assert.Equal((201, FileBytes), (answer!.Status, answer.Json.GetProperty("size").GetInt64()));
        Assert.True(most - before < 64 * MiB, $"It grew by {(most - before) / MiB} MiB.");

        // And down again, a part from behind the first two gibibytes less one.
        var id = answer.Json.GetProperty("id").GetString();
        var part = await causeway.GetAsync($"/api/v1/files/{id}/content", ("Range", "bytes=-10"));
        Assert.Equal((206, $"bytes {FileBytes - 10}-{FileBytes - 1}/{FileBytes}"), (part.Status, part.Header("Content-Range")));
    }

    [Theory]
    [InlineData("sqlite", "csv")]
    [InlineData("sqlite", "ndjson")]
    [InlineData("postgres", "csv")]
    public async Task Export_AMillionRows_GrowsBy50MebibytesAtMost(string database, string format)
    {
        var connection = database == "postgres" ? await (await PostgresServer.SharedAsync()).CreateDatabaseAsync() : null;
        await using var causeway = await StartAsync(connection);
        await FillAsync(
            causeway, connection,
            "INSERT INTO files (id, owner_id, name, content_type, size, sha256, created_at, updated_at, version) SELECT {0}, 'somebody', 'a file, number ' || n, 'text/plain', n, '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 1700000000000 + n, 1700000000000 + n, 1 FROM {1}",
            Rows);
        Assert.Equal(1_000 + 1, await CountLinesAsync(causeway, "csv?size.lt=1000"));
        var before = Memory(causeway);

        var lines = 0L;
        var most = await MostMemoryAsync(causeway, async () => lines = await CountLinesAsync(causeway, format));

        Assert.Equal(format == "csv" ? Rows + 1 : Rows, lines);
        Assert.True(most - before < 50 * MiB, $"It grew by {(most - before) / MiB} MiB.");
    }

    [Theory]
    [InlineData("users", "sqlite", "csv")]
    [InlineData("rooms", "sqlite", "ndjson")]
    public async Task Export_ManyUsersAndRooms_GrowsBy50MebibytesAtMost(string list, string database, string format)
    {
        var connection = database == "postgres" ? await (await PostgresServer.SharedAsync()).CreateDatabaseAsync() : null;
        await using var causeway = await StartAsync(connection);
        await FillAsync(causeway, connection, list == "users"
            ? "INSERT INTO users (id, email, email_key, name, roles, disabled, security_version, created_at, updated_at, version) SELECT {0}, {0} || '@example.com', {0} || '@example.com', 'Somebody with a name', '[\"user\"]', false, 1, 1700000000000 + n, 1700000000000 + n, 1 FROM {1}"
            : "INSERT INTO rooms (room_id, namespace, title, description, settings, created_by, created_at, updated_at, version) SELECT 'team:' || {0}, 'team', 'A room with a title', 'And with a description of some length', '{{\"join\":\"members\"}}', NULL, 1700000000000 + n, 1700000000000 + n, 1 FROM {1}", ManyRows);
        if (list == "rooms")
        {
            await FillAsync(causeway, connection, "INSERT INTO room_members (room_id, user_id, role, added_at, added_by) SELECT 'team:' || {0}, 'ada', 1, 0, NULL FROM {1}", ManyRows);
            await causeway.PublishAsync("passing", "t", "{}");
        }

        var all = ManyRows + (list == "rooms" ? 1 : 0);
        await CountLinesAsync(causeway, format + "?created_at.lt=2023-11-14T22:13:30Z", list);
        var before = Memory(causeway);

        var lines = 0L;
        var most = await MostMemoryAsync(causeway, async () => lines = await CountLinesAsync(causeway, format, list));

        Assert.Equal(format == "csv" ? all + 1 : all, lines);
        Assert.True(most - before < 50 * MiB, $"It grew by {(most - before) / MiB} MiB.");
    }

    [Fact]
    public async Task Import_ManyRooms_GrowsBy64MebibytesAtMost()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        Assert.Equal(100, (await ImportAsync(100, "first")).GetProperty("created").GetInt32());
        var before = Memory(causeway);

        JsonElement report = default;
        var most = await MostMemoryAsync(causeway, async () => report = await ImportAsync(20_000, "then"));

        Assert.Equal((20_000, 0), (report.GetProperty("created").GetInt32(), report.GetProperty("failed").GetInt32()));
        Assert.True(most - before < 64 * MiB, $"It grew by {(most - before) / MiB} MiB.");
        var page = (await causeway.GetAsync("/api/v1/rooms?prefix=then.&page=1")).Json;
        Assert.Equal(20_000, page.GetProperty("total").GetInt32());

        async Task<JsonElement> ImportAsync(int rows, string name)
        {
            using var client = new HttpClient { BaseAddress = causeway.Address, Timeout = Limits.Phase };
            var file = new StringBuilder("room_id,title,join\n");
            for (var row = 0; row < rows; row++)
            {
                file.Append(CultureInfo.InvariantCulture, $"{name}.{row},Room number {row},members\n");
            }

            using var content = new StringContent(file.ToString(), Encoding.UTF8, "text/csv");
            using var response = await client.PostAsync("/api/v1/rooms/import", content);
            return JsonElement.Parse(await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task Kill_InMidUpload_LeavesNoHalfFile()
    {
        await using var causeway = await CausewayProcess.StartAsync();
        Assert.Equal(201, (await UploadAsync(causeway, 1_000)).Status);
        var incoming = Path.Combine(causeway.Directory, "data", "files", "incoming");
        using (var raw = await RawConnection.OpenAsync(causeway.Address))
        {
            await raw.SendAsync($"POST /api/v1/files?name=half HTTP/1.1\r\nHost: {causeway.Address.Authority}\r\nContent-Type: text/plain\r\nContent-Length: 10000000\r\n\r\n");
            await raw.SendAsync(new byte[1_000_000].Select(static _ => (byte)'a').ToArray());
            await Eventually.True(() => Directory.GetFiles(incoming) is [var half] && new FileInfo(half).Length > 0);
            await causeway.KillAsync();
        }

        Assert.Single(Directory.GetFiles(incoming));
        await causeway.StartAgainAsync();

        Assert.Empty(Directory.GetFiles(incoming));
        var list = (await causeway.GetAsync("/api/v1/files?page=1")).Json;
        Assert.Equal(1, list.GetProperty("total").GetInt32());
        Assert.Equal(1_000, list.GetProperty("items")[0].GetProperty("size").GetInt32());
        Assert.Single(Directory.GetFiles(Path.Combine(causeway.Directory, "data", "files", "stored"), "*", SearchOption.AllDirectories));
    }

    private static async Task<HttpAnswer> UploadAsync(CausewayProcess causeway, long bytes)
    {
        using var client = new HttpClient { BaseAddress = causeway.Address, Timeout = Limits.Phase };
        using var content = new StreamContent(new Letters(bytes), 262_144);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        content.Headers.ContentLength = bytes;
        using var response = await client.PostAsync("/api/v1/files", content);
        return new HttpAnswer((int)response.StatusCode, new Dictionary<string, string>(), await response.Content.ReadAsByteArrayAsync());
    }

    private static async Task<long> CountLinesAsync(CausewayProcess causeway, string export, string list = "files")
    {
        using var client = new HttpClient { BaseAddress = causeway.Address, Timeout = Limits.Phase };
        await using var stream = await client.GetStreamAsync($"/api/v1/{list}/export.{export}");
        var buffer = new byte[65_536];
        var lines = 0L;
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            lines += buffer.AsSpan(0, read).Count((byte)'\n');
        }

        return lines;
    }

    /// <summary>The most memory that the process has while something is done.</summary>
    private static async Task<long> MostMemoryAsync(CausewayProcess causeway, Func<Task> doAsync)
    {
        var work = doAsync();
        var most = Memory(causeway);
        while (await Task.WhenAny(work, Task.Delay(50)) != work)
        {
            most = Math.Max(most, Memory(causeway));
        }

        await work.WaitAsync(Limits.Phase);
        return Math.Max(most, Memory(causeway));
    }

    /// <summary>Memory of the process that is not a file's: the heap, the stacks, and what libraries took.</summary>
    private static long Memory(CausewayProcess causeway)
    {
        var line = File.ReadLines($"/proc/{causeway.Process.Process.Id}/status").First(static line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1_024;
    }

    private static Task<CausewayProcess> StartAsync(string? postgres) => CausewayProcess.StartAsync(postgres is null
        ? "{}"
        : $$"""{ "Database": { "Provider": "postgres", "ConnectionString": {{JsonSerializer.Serialize(postgres)}} } }""");

    /// <summary>Many rows, made by the database itself.</summary>
    /// <param name="causeway">Whose database it is.</param>
    /// <param name="postgres">How to get there; null for SQLite.</param>
    /// <param name="insert">Makes rows of numbers <c>n</c>: <c>{0}</c> is an id, <c>{1}</c> where the numbers come from.</param>
    /// <param name="rows">How many.</param>
    private static async Task FillAsync(CausewayProcess causeway, string? postgres, string insert, int rows)
    {
        await using System.Data.Common.DbConnection connection = postgres is null
            ? new SqliteConnection($"Data Source={Path.Combine(causeway.Directory, "data", "causeway.db")}")
            : new NpgsqlConnection(postgres);
        await connection.OpenAsync();
        await using var fill = connection.CreateCommand();
        fill.CommandText = postgres is null
            ? string.Format(
                CultureInfo.InvariantCulture, insert, "printf('0190-%08d', n)", $"(WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows - 1}) SELECT n FROM numbers)")
            : string.Format(CultureInfo.InvariantCulture, insert, "('0190-' || lpad(n::text, 8, '0'))", $"generate_series(0, {rows - 1}) AS numbers (n)");
        fill.CommandTimeout = 300;
        await fill.ExecuteNonQueryAsync();

        // As the database does by itself in a while: before it does, it knows nothing of so many rows.
        fill.CommandText = "ANALYZE";
        await fill.ExecuteNonQueryAsync();
    }

    /// <summary>So many letters, without having them.</summary>
    private sealed class Letters(long length) : Stream
    {
        private long _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, length - _position);
            buffer[..count].Fill((byte)'a');
            _position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer.AsSpan(offset, count)));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
