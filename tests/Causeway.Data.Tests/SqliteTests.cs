using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Causeway.Data.Tests;

/// <summary>F8: the file, the one writer and its group commit.</summary>
public sealed class SqliteTests
{
    [Fact]
    public async Task OpenAsync_NewFile_IsPrivateAndSetUpAsItShould()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite, static options =>
        {
            options.SqliteSynchronous = SqliteSynchronous.Full;
            options.SqliteBusyTimeout = TimeSpan.FromMilliseconds(1_234);
        });

        Assert.Equal("wal", await Pragma<string>("journal_mode"));
        Assert.Equal(2, await Pragma<long>("synchronous"));
        Assert.Equal(1, await Pragma<long>("foreign_keys"));
        Assert.Equal(1_234, await Pragma<long>("busy_timeout"));
        Assert.Equal(1, await test.Database.QuerySingleOrDefaultAsync<long>("PRAGMA query_only"));
        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in new[] { test.File, test.File + "-wal" })
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }

        Task<T?> Pragma<T>(string name) => test.Database.WriteAsync((unit, token) => unit.QuerySingleOrDefaultAsync<T>($"PRAGMA {name}", cancellationToken: token));
    }

    [Fact]
    public async Task Reads_SameText_CompileItOnce()
    {
        const int Select = 21;
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite, static options => options.SqliteReaders = 1);
        var list = new ListQuery<Thing>("id, name, size, is_open", "things");
        await test.Database.ExecuteAsync("INSERT INTO things (id, name) VALUES ('a', 'A'), ('b', 'B'), ('c', 'C')");
        Func<Task>[] reads =
        [
            async () => Assert.True((await list.PageAsync(test.Database, new ListRequest(), null, 2)).HasNext),
            async () => Assert.False((await list.PageAsync(test.Database, new ListRequest(), null, 100)).HasNext),
            async () => Assert.Equal(3, (await list.NumberedPageAsync(test.Database, new ListRequest(), 1, 2)).Total),
            () => test.Database.QueryAsync<Thing>("SELECT id, name, size, is_open FROM things"),
            () => test.Database.QuerySingleOrDefaultAsync<string>("SELECT name FROM things WHERE id = @id", new { id = "a" }),
        ];
        // SQLite asks for leave while it compiles a statement, and never while it runs one.
        var asked = 0;
        await test.Database.ReadAsync((connection, _) => Task.FromResult(raw.sqlite3_set_authorizer(
            ((SqliteSession)connection).Handle, (strdelegate_authorizer)((_, action, _, _, _, _) => action == Select && Interlocked.Increment(ref asked) < 0 ? raw.SQLITE_DENY : raw.SQLITE_OK), null)));
        foreach (var read in reads)
        {
            await read();
            var before = asked;
            await read();
            await read();

            Assert.NotEqual(0, before);
            Assert.Equal(before, asked);
        }
    }

    [Fact]
    public async Task OpenAsync_FileThatIsNoDatabase_SaysSo()
    {
        await using var test = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite);
        await File.WriteAllTextAsync(test.File, new string('x', 8_192));

        var refused = await Assert.ThrowsAsync<InvalidDataException>(() => test.Database.OpenAsync());

        Assert.Contains("no SQLite database", refused.Message, StringComparison.Ordinal);
        Assert.Equal(new string('x', 8_192), await File.ReadAllTextAsync(test.File));
    }

    [Fact]
    public async Task OpenAsync_PlaceThatCannotHoldAFile_SaysSo()
    {
        await using var directory = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite, static options => options.SqliteFile = Path.GetTempPath());
        await using var missing = await TestDatabase.CreateAsync(DatabaseProvider.Sqlite, static options => options.SqliteFile = Path.Combine(options.SqliteFile, "..", "none", "test.db"));

        Assert.Contains("can't be opened", (await Assert.ThrowsAsync<InvalidDataException>(() => directory.Database.OpenAsync())).Message, StringComparison.Ordinal);
        Assert.Contains("directory is not there", (await Assert.ThrowsAsync<InvalidDataException>(() => missing.Database.OpenAsync())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/srv/data/test.db", "nfs4")]
    [InlineData("/srv/data/local/test.db", null)]
    [InlineData("/srv/database/test.db", null)]
    [InlineData("/mnt/with space/test.db", "fuse.sshfs")]
    [InlineData("/home/me/test.db", null)]
    public void NetworkFiles_SystemOf_IsThatOfTheNearestMount(string path, string? system)
    {
        string[] mounts =
        [
            "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw",
            "40 22 0:35 / /srv/data rw,relatime shared:20 - nfs4 server:/export rw,vers=4.2",
            "41 40 254:2 / /srv/data/local rw - xfs /dev/vdb rw",
            @"42 22 0:36 / /mnt/with\040space rw - fuse.sshfs me@there:/ rw",
            "nonsense",
        ];

        Assert.Equal(system, NetworkFiles.SystemOf(path, mounts));
    }

    [Fact]
    public async Task DisposeAsync_AfterWrites_LeavesOneWholeFile()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite);
        var pending = Enumerable.Range(0, 50)
            .Select(index => test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, index.ToString("00", null), token))).ToList();
        await Things.AllAsync(test);

        await test.CloseAsync();

        // What was accepted is done, and no log is left beside the file.
        await Task.WhenAll(pending).Within();
        Assert.False(File.Exists(test.File + "-wal"));
        Assert.False(File.Exists(test.File + "-shm"));
        Assert.Equal((50, "ok"), (Scalar<long>(test.File, "SELECT count(*) FROM things"), Scalar<string>(test.File, "PRAGMA integrity_check")));
    }

    [Fact]
    public async Task Checkpoint_WhenItsTimeComes_CutsTheLog()
    {
        var time = new ManualTime();
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite, time: time);
        await test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, new Thing("1", new string('x', 100_000), null, false), token));
        Assert.InRange(new FileInfo(test.File + "-wal").Length, 100_000, long.MaxValue);

        time.Advance(TimeSpan.FromMinutes(1));

        await Eventually.True(() => new FileInfo(test.File + "-wal").Length == 0);
    }

    [Fact]
    public async Task Checkpoint_WhileAStreamIsRead_DoesNotHoldUpWrites()
    {
        var time = new ManualTime();
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite, time: time);
        await test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, "1", token);
            await Things.InsertAsync(unit, "2", token);
        });

        await foreach (var _ in test.Database.StreamAsync<Thing>("SELECT id, name, size, is_open FROM things"))
        {
            var begun = System.Diagnostics.Stopwatch.GetTimestamp();
            await test.Database.ExecuteAsync("UPDATE things SET size = 1");
            time.Advance(TimeSpan.FromMinutes(1));
            await test.Database.ExecuteAsync("UPDATE things SET size = 2");

            // Far from the busy timeout, for which it would wait for the reader.
            Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalSeconds, 0, 4);
        }

        test.Log.AssertQuiet(Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task WriteAsync_WhileAnotherProcessHoldsTheFile_WaitsThenIsUnavailable()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite, static options => options.SqliteBusyTimeout = TimeSpan.FromMilliseconds(200));
        using var other = Open(test.File);
        using (var held = other.BeginTransaction(deferred: false))
        {
            await Assert.ThrowsAsync<DatabaseUnavailableException>(() => test.Database.ExecuteAsync("DELETE FROM things")).Within();
        }

        Assert.Equal(0, await test.Database.ExecuteAsync("DELETE FROM things").Within());
    }

    [Fact]
    public async Task WriteAsync_MoreThanMayWait_AreRefused()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite, static options => options.SqliteQueuedWrites = 2);
        var (began, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        var first = test.Database.WriteAsync((_, _) =>
        {
            began.SetResult();
            return release.Task;
        });
        await began.Task.Within();
        var (second, third) = (Insert("2"), Insert("3"));

        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => Insert("4")).Within();
        release.SetResult();
        await Task.WhenAll(first, second, third).Within();
        Assert.Equal(["2", "3"], (await Things.AllAsync(test)).Select(static thing => thing.Id));

        Task<int> Insert(string id) => test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, id, token));
    }

    [Fact]
    public async Task WriteAsync_CancelledInTheQueue_NeverRuns()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite);
        using var cancelled = new CancellationTokenSource();
        var release = new TaskCompletionSource();
        var first = test.Database.WriteAsync((_, _) => release.Task);
        var ran = false;
        var second = test.Database.WriteAsync(
            (_, _) =>
            {
                ran = true;
                return Task.CompletedTask;
            },
            cancelled.Token);

        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second).Within();
        release.SetResult();
        await first.Within();
        await test.Database.ExecuteAsync("DELETE FROM things").Within();
        Assert.False(ran);
    }

    [Fact]
    public async Task WriteAsync_ThatEndsTheTransaction_FailsAndTheNextOnesGoOn()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite);

        await Assert.ThrowsAsync<InvalidOperationException>(() => test.Database.WriteAsync((unit, token) => unit.ExecuteAsync("ROLLBACK", cancellationToken: token)));

        await test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, "1", token)).Within();
        Assert.Single(await Things.AllAsync(test));
    }

    [Fact]
    public async Task WriteAsync_WhenTheDiskIsFull_FailsAloneAndIsUnavailable()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite);
        var pages = await test.Database.QuerySingleOrDefaultAsync<long>("PRAGMA page_count");
        await test.Database.WriteAsync((unit, token) => unit.QuerySingleOrDefaultAsync<long>($"PRAGMA max_page_count = {pages + 3}", cancellationToken: token));

        await Assert.ThrowsAsync<DatabaseUnavailableException>(() =>
            test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, new Thing("1", new string('x', 1_000_000), null, false), token)));

        await test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, "2", token)).Within();
        Assert.Equal(["2"], (await Things.AllAsync(test)).Select(static thing => thing.Id));
    }

    [Fact]
    public async Task WriteAsync_ManyAtOnce_ShareCommits()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite);
        using var meters = new MetricProbe(test.Meters, "causeway.db.commits", "causeway.db.writes");
        var before = meters.Read();
        var release = new TaskCompletionSource();

        var first = test.Database.WriteAsync((_, _) => release.Task);
        var others = Enumerable.Range(0, 100).Select(index =>
            test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, index.ToString("000", null), token))).ToList();
        release.SetResult();
        await Task.WhenAll(others.Append(first)).Within();

        var after = meters.Read();
        Assert.Equal(101, after["causeway.db.writes"] - before["causeway.db.writes"]);
        Assert.InRange(after["causeway.db.commits"] - before["causeway.db.commits"], 1, 20);
    }

    [Fact]
    public void WriteAsync_AnyMixtureInOneCommit_FailingOnesFailAlone() => Prop.ForAll(
        Gen.Elements(Enum.GetValues<Act>()).ListOf().Select(static acts => acts.ToArray()).ToArbitrary(),
        static acts => FailingOnesFailAlone(acts).GetAwaiter().GetResult()).QuickCheckThrowOnFailure();

    private static async Task<bool> FailingOnesFailAlone(Act[] acts)
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite);
        await test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, "there", token));
        var release = new TaskCompletionSource();
        var first = test.Database.WriteAsync((_, _) => release.Task);
        var writes = acts.Select((act, index) => test.Database.WriteAsync((unit, token) => DoAsync(unit, act, index, token))).ToList();
        release.SetResult();
        await first.Within();
        await Task.WhenAll(writes).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // A model of it: each write is whole or nothing, whatever its neighbours did.
        var expected = acts.SelectMany(static (act, index) => act switch
        {
            Act.Insert or Act.Attempt => [Id(index)],
            Act.Several => [Id(index), Id(index) + "b"],
            _ => Array.Empty<string>(),
        }).Append("there").Order(StringComparer.Ordinal);
        var succeeded = acts.Select(static act => act is Act.Insert or Act.Several or Act.Attempt);
        return expected.SequenceEqual((await Things.AllAsync(test)).Select(static thing => thing.Id))
            && succeeded.SequenceEqual(writes.Select(static write => write.IsCompletedSuccessfully));
    }

    private static async Task DoAsync(UnitOfWork unit, Act act, int index, CancellationToken token)
    {
        switch (act)
        {
            case Act.Insert:
                await Things.InsertAsync(unit, Id(index), token);
                break;
            case Act.Several:
                await Things.InsertAsync(unit, Id(index), token);
                await Task.Yield();
                await Things.InsertAsync(unit, Id(index) + "b", token);
                break;
            case Act.Attempt:
                await Assert.ThrowsAsync<UniqueViolationException>(() => unit.AttemptAsync(() => Things.InsertAsync(unit, "there", token), token));
                await Things.InsertAsync(unit, Id(index), token);
                break;
            case Act.Duplicate:
                await Things.InsertAsync(unit, Id(index), token);
                await Things.InsertAsync(unit, "there", token);
                break;
            case Act.Throw:
                await Things.InsertAsync(unit, Id(index), token);
                throw new FormatException();
            default:
                await unit.ExecuteAsync("INSERT INTO nowhere VALUES (1)", cancellationToken: token);
                break;
        }
    }

    private static string Id(int index) => index.ToString("000", CultureInfo.InvariantCulture);

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        return connection;
    }

    private static T Scalar<T>(string file, string sql)
    {
        using var connection = Open(file);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }

    private enum Act
    {
        Insert,
        Several,
        Attempt,
        Duplicate,
        Throw,
        Misspelt,
    }
}
