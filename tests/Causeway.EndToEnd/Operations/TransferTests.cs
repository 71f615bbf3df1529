using System.Globalization;
using System.Net.Http.Headers;
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
        await using var causeway = await CausewayProcess.StartAsync(connection is null
            ? "{}"
            : $$"""{ "Database": { "Provider": "postgres", "ConnectionString": {{JsonSerializer.Serialize(connection)}} } }""");
        await FillAsync(causeway, connection);
        Assert.Equal(1_000 + 1, await CountLinesAsync(causeway, "csv?size.lt=1000"));
        var before = Memory(causeway);

        var lines = 0L;
        var most = await MostMemoryAsync(causeway, async () => lines = await CountLinesAsync(causeway, format));

        Assert.Equal(format == "csv" ? Rows + 1 : Rows, lines);
        Assert.True(most - before < 50 * MiB, $"It grew by {(most - before) / MiB} MiB.");
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

    private static async Task<long> CountLinesAsync(CausewayProcess causeway, string export)
    {
        using var client = new HttpClient { BaseAddress = causeway.Address, Timeout = Limits.Phase };
        await using var stream = await client.GetStreamAsync($"/api/v1/files/export.{export}");
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

    /// <summary>A million rows, made by the database itself.</summary>
    private static async Task FillAsync(CausewayProcess causeway, string? postgres)
    {
        const string Insert = "INSERT INTO files (id, owner_id, name, content_type, size, sha256, created_at, updated_at, version) ";
        const string Row = "'somebody', 'a file, number ' || n, 'text/plain', n, '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 1700000000000 + n, 1700000000000 + n, 1";
        if (postgres is null)
        {
            await using var sqlite = new SqliteConnection($"Data Source={Path.Combine(causeway.Directory, "data", "causeway.db")}");
            await sqlite.OpenAsync();
            await using var fill = sqlite.CreateCommand();
            fill.CommandText = $"{Insert} WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {Rows - 1}) SELECT printf('0190-%08d', n), {Row} FROM numbers";
            fill.CommandTimeout = 300;
            await fill.ExecuteNonQueryAsync();
        }
        else
        {
            await using var connection = new NpgsqlConnection(postgres);
            await connection.OpenAsync();
            await using var fill = connection.CreateCommand();
            fill.CommandText = $"{Insert} SELECT '0190-' || lpad(n::text, 8, '0'), {Row} FROM generate_series(0, {Rows - 1}) AS numbers (n)";
            fill.CommandTimeout = 300;
            await fill.ExecuteNonQueryAsync();
        }
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
