using System.Diagnostics;
using System.Globalization;
using Causeway.Data;
using Causeway.Realtime;
using Causeway.Realtime.Sql;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Causeway.Bench.Durable;

/// <summary>
/// Question: how many durable publishes a second, beside a bare loop that commits batches of 100 rows of the same size with the same fsync setting, in one run? Budget: 0.5 of it. Both alternate
/// every second, and each round has a ratio of its own: a disk may be three times as fast a minute later.
/// </summary>
internal static class DurableBench
{
    private const int Rows = 100;
    private const int PayloadBytes = 200;
    private const int Rooms = 20;
    private const int Rounds = 15;
    private const double Goal = 0.5;

    /// <summary>How many publish at once: what shares a commit is what comes while the last one is under way.</summary>
    private static readonly int[] Publishers = [400, 4_000];

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);
    private static readonly byte[] Payload = [.. "{\"text\":\""u8, .. new byte[PayloadBytes - 11].Select(static _ => (byte)'x'), .. "\"}"u8];

    public static async Task<int> RunAsync(string? postgres)
    {
        var directory = Directory.CreateTempSubdirectory("causeway-bench-");
        try
        {
            Console.WriteLine($"publishers in {Rooms} rooms, payloads of {PayloadBytes} bytes, beside batches of {Rows} rows; {Rounds} rounds of {Round.TotalSeconds} s each, alternating; medians, the ratio's of the rounds' own\n");
            Console.WriteLine("| database | publishers | bare rows/s | durable publishes/s | ratio | |\n|---|---|---|---|---|---|");
            await MeasureAsync("SQLite, synchronous=FULL", null, directory.FullName);
            if (postgres is not null)
            {
                await MeasureAsync("PostgreSQL", postgres, directory.FullName);
            }

            return 0;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(string name, string? postgres, string directory)
    {
        var services = Build(postgres, Path.Combine(directory, "rooms.db"));
        await using (services.ConfigureAwait(false))
        {
            await services.GetRequiredService<Migrator>().UpAsync();
            var rooms = services.GetRequiredService<Rooms>();
            using IBareLoop bare = postgres is null ? new SqliteLoop(Path.Combine(directory, "bare.db")) : await PostgresLoop.CreateAsync(postgres);
            await PublishAsync(rooms, Publishers[0]);
            await RunBareAsync(bare);
            foreach (var publishers in Publishers)
            {
                var (floor, durable) = (new List<double>(), new List<double>());
                for (var round = 0; round < Rounds; round++)
                {
                    floor.Add(await RunBareAsync(bare));
                    durable.Add(await PublishAsync(rooms, publishers));
                }

                var (rows, publishes, ratio) = (Median(floor), Median(durable), Median([.. durable.Zip(floor, static (ours, bare) => ours / bare)]));
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {publishers:N0} | {rows:N0} | {publishes:N0} | {ratio:0.00} | {(ratio >= Goal ? "reached" : "MISSED")}: {Goal} |"));
            }
        }
    }

    private static ServiceProvider Build(string? postgres, string file)
    {
        var services = new ServiceCollection();
        services.AddLogging(static logging => logging.SetMinimumLevel(LogLevel.Warning));
        services.AddDatabase(options =>
        {
            options.Provider = postgres is null ? DatabaseProvider.Sqlite : DatabaseProvider.Postgres;
            options.ConnectionString = postgres;
            options.SqliteFile = file;
        });
        services.AddRealtime(static options => options.Namespaces["bench"] = new NamespaceOptions { Durable = true, History = 1_000 });
        services.AddDurableRooms();
        return services.BuildServiceProvider();
    }

    /// <summary>Publishers that each wait for their acknowledgement before they go on.</summary>
    private static async Task<double> PublishAsync(Rooms rooms, int publishers)
    {
        var begun = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, publishers).Select(n => Task.Run(async () =>
        {
            var room = RoomId.Parse(string.Create(CultureInfo.InvariantCulture, $"bench:{n % Rooms}"));
            var count = 0;
            for (; Stopwatch.GetElapsedTime(begun) < Round; count++)
            {
                if ((await rooms.PublishAsync(room, "chat", Payload)).Error is { } error)
                {
                    throw new BenchException(error.Message);
                }
            }

            return count;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static async Task<double> RunBareAsync(IBareLoop loop)
    {
        var begun = Stopwatch.GetTimestamp();
        var rows = 0L;
        for (; Stopwatch.GetElapsedTime(begun) < Round; rows += Rows)
        {
            await loop.CommitAsync();
        }

        return rows / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private interface IBareLoop : IDisposable
    {
        Task CommitAsync();
    }

    private sealed class SqliteLoop : IBareLoop
    {
        private readonly SqliteConnection _connection;
        private readonly SqliteCommand _insert;

        public SqliteLoop(string file)
        {
            _connection = new SqliteConnection($"Data Source={file}");
            _connection.Open();
            Execute("PRAGMA journal_mode = WAL");
            Execute("PRAGMA synchronous = FULL");
            Execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)");
            _insert = _connection.CreateCommand();
            _insert.CommandText = "INSERT INTO rows (payload) VALUES (@payload)";
            _insert.Parameters.AddWithValue("@payload", Payload);
        }

        public Task CommitAsync()
        {
            using var transaction = _connection.BeginTransaction();
            _insert.Transaction = transaction;
            for (var i = 0; i < Rows; i++)
            {
                _insert.ExecuteNonQuery();
            }

            transaction.Commit();
            return Task.CompletedTask;
        }

        public void Dispose()
        {
            _insert.Dispose();
            _connection.Dispose();
        }

        private void Execute(string sql)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    private sealed class PostgresLoop(NpgsqlConnection connection) : IBareLoop
    {
        private static readonly byte[][] Payloads = [.. Enumerable.Repeat(Payload, Rows)];

        public static async Task<PostgresLoop> CreateAsync(string connectionString)
        {
            var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync();
            var create = new NpgsqlCommand("DROP TABLE IF EXISTS bench_rows; CREATE TABLE bench_rows (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, payload bytea NOT NULL)", connection);
            await using (create.ConfigureAwait(false))
            {
                await create.ExecuteNonQueryAsync();
            }

            return new PostgresLoop(connection);
        }

        public async Task CommitAsync()
        {
            var transaction = await connection.BeginTransactionAsync();
            await using (transaction.ConfigureAwait(false))
            {
                var insert = new NpgsqlCommand("INSERT INTO bench_rows (payload) SELECT unnest(@payloads)", connection, transaction) { Parameters = { new("payloads", Payloads) } };
                await using (insert.ConfigureAwait(false))
                {
                    await insert.ExecuteNonQueryAsync();
                }

                await transaction.CommitAsync();
            }
        }

        public void Dispose() => connection.Dispose();
    }
}
