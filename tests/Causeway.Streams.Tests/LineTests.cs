using Causeway.Testing;
using Microsoft.AspNetCore.Builder;

namespace Causeway.Streams.Tests;

/// <summary>C2: the line itself: heartbeat, drain, slow and gone readers, and one tail for all.</summary>
public sealed class LineTests
{
    [Fact]
    public async Task Heartbeat_SilentFile_CommentEvery15Seconds()
    {
        var time = new ManualTime();
        await using var stream = await Streaming.StartAsync(time: time, content: Streaming.Lines(1, 1));
        using var reader = await OpenAsync(stream, time);
        await reader.ReadAsync("message");

        // A comment is seen a moment after it was sent, and the clock runs on meanwhile: so from the start, not from the one before.
        var waited = TimeSpan.Zero;
        for (var beat = 1; beat <= 3; beat++)
        {
            var next = reader.ReadAnyAsync();
            while (!next.IsCompleted)
            {
                await time.AdvanceWhenAsleep(TimeSpan.FromMilliseconds(250), timers: 1);
                waited += TimeSpan.FromMilliseconds(250);
                await Task.WhenAny(next, Task.Delay(2));
                Assert.True(waited < TimeSpan.FromMinutes(5), "No comment came.");
            }

            Assert.NotNull((await next)!.Comment);
            Assert.True(waited >= beat * TimeSpan.FromSeconds(13), $"Comment {beat} after {waited}.");
        }
    }

    [Fact]
    public async Task Drain_OpenStreams_AreToldWhenToComeBackAndEnd()
    {
        using var draining = new CancellationTokenSource();
        await using var stream = await Streaming.StartAsync(
            drain: new StreamDrain(static () => TimeSpan.FromSeconds(20), draining.Token), content: Streaming.Lines(1, 1));
        using var following = await stream.OpenAsync();
        await following.ReadAsync("message");

        await draining.CancelAsync();
        using var late = await stream.OpenAsync();

        foreach (var reader in new[] { following, late })
        {
            Assert.Equal(200, reader.Head.Status);
            var retry = (await reader.ReadAnyAsync())!.RetryMilliseconds;
            Assert.InRange(retry!.Value, 20_250, 22_001);
            var shutdown = (await reader.ReadAsync())!;
            Assert.Equal("shutdown", shutdown.Event);
            Assert.Equal(retry, shutdown.Json.GetProperty("after_ms").GetInt32());
            Assert.Null(await reader.ReadAnyAsync());
        }
    }

    [Fact]
    public async Task Stop_StreamsOpenOneOfThemStuck_EndsSoon()
    {
        var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 200_000));
        using var quiet = await stream.OpenAsync(query: "?from=end");
        await quiet.ReadAsync("following");
        using var stuck = await stream.OpenAsync(receiveBufferBytes: 4_096);
        await stuck.ReadAsync("message");
        var started = TimeProvider.System.GetTimestamp();

        await stream.Server.App.StopAsync();

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        await quiet.ReadAsync("shutdown");
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Read_TwoHundredReaders_ShareOneTail()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 1));
        var readers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => stream.OpenAsync()));
        try
        {
            await Task.WhenAll(readers.Select(static reader => reader.NumbersAsync(1)));
            Assert.Equal((200, 1), (stream.Metrics.Readers, stream.Metrics.Tails));
            var read = stream.Metrics.LinesRead;

            for (var i = 0; i < 20; i++)
            {
                stream.AppendLines(2 + (i * 50), 50);
            }

            foreach (var numbers in await Task.WhenAll(readers.Select(static reader => reader.NumbersAsync(1_000))))
            {
                Assert.Equal(Enumerable.Range(2, 1_000), numbers);
            }

            Assert.Equal(1_000, stream.Metrics.LinesRead - read);
        }
        finally
        {
            foreach (var reader in readers)
            {
                reader.Dispose();
            }
        }

        await Eventually.True(() => stream.Metrics is { Readers: 0, Tails: 0 });
    }

    [Fact]
    public async Task Read_SlowReaderBesideAFastOne_DelaysNobodyAndGetsEverything()
    {
        const int Count = 300_000;
        await using var stream = await Streaming.StartAsync(content: "");
        using var slow = await stream.OpenAsync(receiveBufferBytes: 4_096);
        await slow.ReadAsync("following");
        using var fast = await stream.OpenAsync();
        await fast.ReadAsync("following");

        var reading = fast.NumbersAsync(Count);
        for (var i = 0; i < Count; i += 10_000)
        {
            stream.AppendLines(i, 10_000);
        }

        Assert.Equal(Count, (await reading).Count);
        Assert.Equal(Enumerable.Range(0, Count), await slow.NumbersAsync(Count));
    }

    [Fact]
    public async Task Read_ReaderThatTakesNothing_IsCutAfterAMinute()
    {
        var time = new ManualTime();
        await using var stream = await Streaming.StartAsync(time: time, content: Streaming.Lines(1, 400_000));
        using var stuck = await OpenAsync(stream, time, receiveBufferBytes: 4_096);
        await stuck.ReadAsync("message");

        await Eventually.True(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return stream.Metrics.Readers == 0;
        });
        Assert.Single(stream.Server.Logs.Named("ReaderStuck"));
    }

    [Fact]
    public async Task Read_MoreThanMayBe_IsRefusedUntilOneLeaves()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 1), maxReaders: 2);
        using var one = await stream.OpenAsync();
        using (var two = await stream.OpenAsync())
        {
            await two.ReadAsync("message");
            using var three = await stream.OpenAsync();
            Assert.Equal((429, "RATE_LIMITED", "30"), (three.Head.Status, three.Head.ErrorCode, three.Head.Header("Retry-After")));
        }

        await Eventually.True(async () =>
        {
            using var again = await stream.OpenAsync();
            return again.Head.Status == 200;
        });
    }

    [Fact]
    public async Task Read_NobodyAnyMore_NothingRuns()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 1));
        Assert.Equal(0, stream.Metrics.Tails);
        using (var reader = await stream.OpenAsync())
        {
            await reader.NumbersAsync(1);
            Assert.Equal(1, stream.Metrics.Tails);
        }

        await Eventually.True(() => stream.Metrics.Tails == 0);
    }

    [Fact]
    public async Task Map_WithoutAddStreams_SaysWhatIsMissing()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => TestServer.StartAsync(static app => app.MapStreams()));

        Assert.Contains("AddStreams", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a b", 60, "name")]
    [InlineData("ok", -1, "WaitSeconds")]
    public async Task Add_OptionsOutOfRange_RefusesToStart(string name, double waitSeconds, string named)
    {
        var failure = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => TestServer.StartAsync(
            static app => app.MapStreams(),
            builder => Microsoft.Extensions.DependencyInjection.StreamsServiceCollectionExtensions.AddStreams(
                builder.Services, options => options.Sources[name] = new StreamSourceOptions { Path = "x", WaitSeconds = waitSeconds })));

        Assert.Contains(named, string.Join(' ', failure.Failures), StringComparison.Ordinal);
    }

    /// <summary>Opens a stream while the clock is the test's: the tail's first pass needs no time, but a reader may come in between two.</summary>
    private static async Task<SseReader> OpenAsync(Streaming stream, ManualTime time, int? receiveBufferBytes = null)
    {
        var opening = stream.OpenAsync(receiveBufferBytes: receiveBufferBytes);
        await Eventually.True(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            return opening.IsCompleted;
        });
        return await opening;
    }
}
