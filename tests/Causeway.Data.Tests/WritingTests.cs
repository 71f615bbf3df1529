using System.Collections.Concurrent;
using Dapper;

namespace Causeway.Data.Tests;

/// <summary>F8: one transaction per write, on both databases alike.</summary>
public sealed class WritingTests
{
    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_OfSeveralStatements_IsThereForReadersAfterwards(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);

        var count = await test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, new Thing("1", "one", 1, true), token);
            await Things.InsertAsync(unit, new Thing("2", "two", null, false), token);
            return await unit.QuerySingleOrDefaultAsync<long>("SELECT count(*) FROM things", cancellationToken: token);
        });

        Assert.Equal(2, count);
        Assert.Equal([new Thing("1", "one", 1, true), new Thing("2", "two", null, false)], await Things.AllAsync(test));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_ThatThrows_LeavesNothingAndThrowsTheSame(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);

        var thrown = await Assert.ThrowsAsync<FormatException>(() => test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, "1", token);
            throw new FormatException("no");
        }));

        Assert.Equal("no", thrown.Message);
        Assert.Empty(await Things.AllAsync(test));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task LockAsync_ManyWhoCountBeforeTheyTake_NeverTakeMoreThanThereIs(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);

        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => test.Database.WriteAsync(async (unit, token) =>
        {
            await unit.LockAsync("things", cancellationToken: token);
            return await unit.QuerySingleOrDefaultAsync<long>("SELECT count(*) FROM things", cancellationToken: token) < 3
                && await Things.InsertAsync(unit, $"{number}", token) == 1;
        })));

        Assert.Equal((3, 3), (taken.Count(static one => one), (await Things.AllAsync(test)).Count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3_600_001)]
    public async Task LockAsync_LimitThatCantBe_IsRefused(int milliseconds)
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Sqlite);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => test.Database.WriteAsync((unit, token) => unit.LockAsync("things", TimeSpan.FromMilliseconds(milliseconds), token)));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ExecuteAsync_StatementOfOneWord_IsNoProcedure(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);

        await test.Database.ExecuteAsync("ANALYZE");
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task ExecuteAsync_Returning_GivesTheRow(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);

        var thing = await test.Database.WriteAsync((unit, token) => unit.QuerySingleOrDefaultAsync<Thing>(
            """
            INSERT INTO things (id, name, is_open) VALUES ('1', @name, TRUE)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name
            RETURNING id, name, size, is_open
            """,
            new { name = "one" },
            token));

        Assert.Equal(new Thing("1", "one", null, true), thing);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_OfARowThatIsThere_SaysWhichConstraint(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        await test.Database.ExecuteAsync("CREATE UNIQUE INDEX things_name_size_idx ON things (name, size)");
        await test.Database.ExecuteAsync("CREATE TABLE pairs (a bigint NOT NULL, b bigint NOT NULL, UNIQUE (a, b))");
        await test.Database.ExecuteAsync("CREATE UNIQUE INDEX things_lower_idx ON things (lower(name)) WHERE size = 77");
        await test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, new Thing("1", "one", 1, false), token);
            await Things.InsertAsync(unit, new Thing("7", "seven", 77, false), token);
            await unit.ExecuteAsync("INSERT INTO pairs (a, b) VALUES (1, 2)", cancellationToken: token);
        });

        var key = await Violation("INSERT INTO things (id, name) VALUES ('1', 'other')");
        var index = await Violation("INSERT INTO things (id, name, size) VALUES ('2', 'one', 1)");
        var unnamed = await Violation("INSERT INTO pairs (a, b) VALUES (1, 2)");
        var expression = await Violation("INSERT INTO things (id, name, size) VALUES ('8', 'SEVEN', 77)");

        Assert.Equal(("things", "things_pkey"), (key.Table, key.Constraint));
        Assert.Equal(("things", "things_name_size_idx"), (index.Table, index.Constraint));
        Assert.Equal(("pairs", "pairs_a_b_key"), (unnamed.Table, unnamed.Constraint));
        Assert.Equal(("things", "things_lower_idx"), (expression.Table, expression.Constraint));

        Task<UniqueViolationException> Violation(string sql) => Assert.ThrowsAsync<UniqueViolationException>(() => test.Database.ExecuteAsync(sql));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_OfAReferenceToNothing_IsRefused(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        await test.Database.ExecuteAsync("CREATE TABLE parts (id text PRIMARY KEY, thing_id text NOT NULL REFERENCES things (id))");

        await Assert.ThrowsAsync<ForeignKeyViolationException>(() => test.Database.ExecuteAsync("INSERT INTO parts (id, thing_id) VALUES ('1', 'nowhere')"));
        await test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, "1", token);
            await unit.ExecuteAsync("INSERT INTO parts (id, thing_id) VALUES ('1', '1')", cancellationToken: token);
        });
        await Assert.ThrowsAsync<ForeignKeyViolationException>(() => test.Database.ExecuteAsync("DELETE FROM things"));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_OfAReferenceThatIsNeverMended_FailsAlone(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        await test.Database.ExecuteAsync("CREATE TABLE parts (id text PRIMARY KEY, thing_id text NOT NULL REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED)");
        using var gate = new ManualResetEventSlim();

        // Held up first, so that the next ones share a transaction on SQLite.
        var first = test.Database.WriteAsync((_, _) => Task.Run(gate.Wait));
        var mended = test.Database.WriteAsync(async (unit, token) =>
        {
            await unit.ExecuteAsync("INSERT INTO parts (id, thing_id) VALUES ('1', 'later')", cancellationToken: token);
            await Things.InsertAsync(unit, "later", token);
        });
        var broken = test.Database.ExecuteAsync("INSERT INTO parts (id, thing_id) VALUES ('2', 'never')");
        var other = test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, "other", token));
        gate.Set();

        await Assert.ThrowsAsync<ForeignKeyViolationException>(() => broken);
        await Task.WhenAll(first, mended, other).Within();
        Assert.Equal(["later", "other"], (await Things.AllAsync(test)).Select(static thing => thing.Id));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task AttemptAsync_ThatFails_UndoesItselfAndNoMore(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);

        await test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, "1", token);
            await Assert.ThrowsAsync<UniqueViolationException>(() => unit.AttemptAsync(async () =>
            {
                await Things.InsertAsync(unit, "2", token);
                await Things.InsertAsync(unit, "1", token);
            }));
            await unit.AttemptAsync(() => Things.InsertAsync(unit, "3", token));
        });

        Assert.Equal(["1", "3"], (await Things.AllAsync(test)).Select(static thing => thing.Id));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_ThatGoesOnAfterAFailure_FailsAndLeavesNothing(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);

        await Assert.ThrowsAsync<InvalidOperationException>(() => test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, "1", token);
            await Assert.ThrowsAsync<UniqueViolationException>(() => Things.InsertAsync(unit, "1", token));
        }));

        Assert.Empty(await Things.AllAsync(test));
    }

    [Fact]
    public async Task WriteAsync_ThatHidesAFailureOnPostgres_IsNotToldThatItWasDone()
    {
        await using var test = await Things.CreateAsync(DatabaseProvider.Postgres);

        // A commit of such a transaction is answered with a roll-back, and no error.
        await Assert.ThrowsAsync<InvalidOperationException>(() => test.Database.WriteAsync(async (unit, token) =>
        {
            await Things.InsertAsync(unit, "1", token);
            await Assert.ThrowsAnyAsync<System.Data.Common.DbException>(() => unit.Connection.ExecuteAsync("SELECT nothing", transaction: unit.Transaction));
        }));

        Assert.Empty(await Things.AllAsync(test));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_WithinAWrite_IsRefusedInsteadOfWaitingForItself(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);

        await Assert.ThrowsAsync<InvalidOperationException>(() => test.Database.WriteAsync(
            (_, token) => test.Database.WriteAsync((unit, inner) => Things.InsertAsync(unit, "1", inner), token)).Within());

        // And only within: what comes after it, in the same flow, is another write.
        await test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, "2", token));
        Assert.Single(await Things.AllAsync(test));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task UnitOfWork_AfterItsWrite_CannotBeUsed(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        UnitOfWork? kept = null;
        await test.Database.WriteAsync((unit, _) =>
        {
            kept = unit;
            return Task.CompletedTask;
        });

        Assert.Throws<ObjectDisposedException>(() => kept!.Connection);
        Assert.Throws<ObjectDisposedException>(() => kept!.OnCommitted(static () => { }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Things.InsertAsync(kept!, "1", default));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task OnCommitted_RunsAfterTheCommitAndBeforeTheAnswer_AndNotAfterARollBack(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        var calls = new ConcurrentQueue<string>();

        await test.Database.WriteAsync(async (unit, token) =>
        {
            unit.OnCommitted(() => calls.Enqueue("first"));
            unit.OnCommitted(static () => throw new FormatException("of the action"));
            unit.OnCommitted(() => calls.Enqueue("second"));
            await Things.InsertAsync(unit, "1", token);
            calls.Enqueue("work");
        });
        await Assert.ThrowsAsync<FormatException>(() => test.Database.WriteAsync((unit, _) =>
        {
            unit.OnCommitted(() => calls.Enqueue("never"));
            throw new FormatException();
        }));

        Assert.Equal(["work", "first", "second"], calls);
        Assert.Single(test.Log.Named("CommittedActionFailed"));
        Assert.Single(await Things.AllAsync(test));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_Cancelled_IsNotDone(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        using var cancelled = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Database.WriteAsync(
            async (unit, token) =>
            {
                await Things.InsertAsync(unit, "1", token);
                await cancelled.CancelAsync();
                token.ThrowIfCancellationRequested();
            },
            cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, "2", token), cancelled.Token));

        Assert.Empty(await Things.AllAsync(test));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_RunsInItsCallersContext(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        var local = new AsyncLocal<string> { Value = "mine" };

        var seen = await test.Database.WriteAsync((_, _) => Task.FromResult(local.Value));

        Assert.Equal("mine", seen);
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task WriteAsync_ByManyAtOnce_AllAreDoneOnce(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(index => Task.Run(() =>
            test.Database.WriteAsync((unit, token) => Things.InsertAsync(unit, index.ToString("000", null), token))))).Within();

        Assert.Equal(Enumerable.Range(0, 200).Select(static index => index.ToString("000", null)), (await Things.AllAsync(test)).Select(static thing => thing.Id));
    }

    [Theory]
    [MemberData(nameof(Providers.All), MemberType = typeof(Providers))]
    public async Task Database_AfterItWasClosed_IsUnavailable(DatabaseProvider provider)
    {
        await using var test = await Things.CreateAsync(provider);
        var database = test.Database;
        await test.CloseAsync();

        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => database.ExecuteAsync("DELETE FROM things"));
        await Assert.ThrowsAsync<DatabaseUnavailableException>(() => database.QueryAsync<long>("SELECT 1"));
        await database.DisposeAsync();
    }
}
