using System.Diagnostics.Metrics;
using Causeway.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Causeway.Streams.Tests;

/// <summary>C2: the file is renamed, replaced, truncated, deleted and comes late; no line is lost or repeated, and readers are told.</summary>
public sealed class RotationTests
{
    [Fact]
    public async Task Rotate_RenameAndNewFile_DrainsTheOldOneFirst()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 2));
        using var reader = await stream.OpenAsync();
        Assert.Equal([1, 2], await reader.NumbersAsync(2));

        using (var writer = new StreamWriter(new FileStream(stream.Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) { AutoFlush = true })
        {
            File.Move(stream.Path, stream.FileNamed("build.jsonl.1"));
            File.WriteAllText(stream.Path, Streaming.Lines(10, 1));
            await writer.WriteAsync(Streaming.Lines(3, 1));
        }

        Assert.Equal([3], await reader.NumbersAsync(1));
        var rotated = (await reader.ReadAsync())!;
        Assert.Equal("rotated", rotated.Event);
        Assert.Equal(0, rotated.Json.GetProperty("missed_bytes").GetInt64());
        Assert.Equal([10], await reader.NumbersAsync(1));
        stream.AppendLines(11, 1);
        Assert.Equal([11], await reader.NumbersAsync(1));
    }

    [Fact]
    public async Task Rotate_OldFileNeverQuiet_IsLeftAllTheSame()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 1));
        using var reader = await stream.OpenAsync();
        Assert.Equal([1], await reader.NumbersAsync(1));
        using var stop = new CancellationTokenSource();
        using var old = new FileStream(stream.Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        File.Move(stream.Path, stream.FileNamed("build.jsonl.1"));
        stream.AppendLines(1_000_000, 1);

        var writing = Task.Run(async () =>
        {
            for (var i = 2; !stop.IsCancellationRequested; i++)
            {
                old.Write(System.Text.Encoding.ASCII.GetBytes(Streaming.Lines(i, 1)));
                old.Flush();
                await Task.Delay(20);
            }
        });

        var rotated = await reader.ReadAsync("rotated").Within();
        Assert.Equal([1_000_000], await reader.NumbersAsync(1));
        Assert.Equal(0, rotated.Json.GetProperty("missed_bytes").GetInt64());
        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task Rotate_LastLineIncomplete_IsToldNotSent()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 1) + "{\"n\":");
        using var reader = await stream.OpenAsync();
        Assert.Equal([1], await reader.NumbersAsync(1));

        File.Move(stream.Path, stream.FileNamed("build.jsonl.1"));
        stream.AppendLines(3, 1);

        Assert.Equal(5, (await reader.ReadAsync("rotated")).Json.GetProperty("incomplete_bytes").GetInt64());
        Assert.Equal([3], await reader.NumbersAsync(1));
    }

    [Fact]
    public async Task Rotate_OtherFileMovedOver_GoesOnWithIt()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 2));
        using var reader = await stream.OpenAsync();
        Assert.Equal([1, 2], await reader.NumbersAsync(2));

        File.WriteAllText(stream.FileNamed("new"), Streaming.Lines(1, 3));
        File.Move(stream.FileNamed("new"), stream.Path, overwrite: true);

        await reader.ReadAsync("rotated");
        Assert.Equal([1, 2, 3], await reader.NumbersAsync(3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(50)]
    public async Task Truncate_InPlace_BeginsAnew(int lines)
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 2));
        using var reader = await stream.OpenAsync();
        Assert.Equal([1, 2], await reader.NumbersAsync(2));

        // Also to the same length, and to more than before: the size alone would not tell.
        using (var file = new FileStream(stream.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Streaming.Lines(5, lines)));
        }

        await reader.ReadAsync("truncated");
        Assert.Equal(Enumerable.Range(5, lines), await reader.NumbersAsync(lines));
    }

    [Fact]
    public async Task Truncate_SameFirstLine_BeginsAnew()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 3));
        using var reader = await stream.OpenAsync();
        Assert.Equal([1, 2, 3], await reader.NumbersAsync(3));

        File.WriteAllText(stream.Path, Streaming.Lines(1, 1) + Streaming.Lines(7, 4));

        await reader.ReadAsync("truncated");
        Assert.Equal([1, 7, 8, 9], await reader.NumbersAsync(4));
    }

    [Fact]
    public async Task Truncate_ReaderIsBehind_IsToldWhatItMissed()
    {
        const int Count = 500_000;
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, Count));
        using var reader = await stream.OpenAsync(receiveBufferBytes: 4_096);
        Assert.Equal([1], await reader.NumbersAsync(1));

        File.WriteAllText(stream.Path, "");
        using (var witness = await stream.OpenAsync())
        {
            stream.Append(Streaming.Lines(Count + 10, 1));
            Assert.Equal([Count + 10], await witness.NumbersAsync(1));
        }

        var (last, missed) = (1, 0L);
        while (missed == 0)
        {
            var next = (await reader.ReadAsync())!;
            if (next.Event == "truncated")
            {
                missed = next.Json.GetProperty("missed_bytes").GetInt64();
                Assert.True(missed > 0);
                break;
            }

            Assert.Equal(++last, next.Json.GetProperty("n").GetInt32());
        }

        Assert.InRange(last, 1, Count - 1);
        Assert.Equal(Streaming.Lines(last + 1, Count - last).Length, missed);
        Assert.Equal([Count + 10], await reader.NumbersAsync(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pass_FileBeginsAnew_IsNeverOverWithNothingAfterIt(bool isReplaced)
    {
        using var directory = new TempDirectory();
        var (path, time, gate) = (directory.Write("build.jsonl", Streaming.Lines(1, 3)), new ManualTime(DateTimeOffset.UnixEpoch), new Lock());
        var contents = new Contents(time, TimeSpan.FromMinutes(1));
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new StreamsMetrics(services.GetRequiredService<IMeterFactory>());
        List<Generation?> seen = [];
        using var follower = new FileFollower(
            new StreamSource("build", path, new StreamSourceOptions { Path = path }), gate, contents, new LiveRing(), () => seen.Add(contents.Current), metrics, time, NullLogger.Instance);
        follower.Pass();

        if (isReplaced)
        {
            File.Move(directory.Write("other.jsonl", Streaming.Lines(9, 1)), path, overwrite: true);
            follower.Pass();
            time.Advance(TimeSpan.FromSeconds(1));
        }
        else
        {
            directory.Write("build.jsonl", "");
        }

        follower.Pass();

        // Whoever is told that something changed looks, and would take what is over with nothing after it for a file that is gone.
        Assert.Equal(2, seen.Distinct().Count());
        Assert.All(seen, Assert.NotNull);
        contents.Clear();
    }

    [Fact]
    public async Task Truncate_WriterThatDoesNotAppend_LeavesAHoleThatIsNotSent()
    {
        await using var stream = await Streaming.StartAsync();
        using var writer = new FileStream(stream.Path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite) { Position = 0 };
        writer.Write("{\"n\":1}\n{\"n\":2}\n"u8);
        writer.Flush();
        using var reader = await stream.OpenAsync();
        Assert.Equal([1, 2], await reader.NumbersAsync(2));

        using (var other = new FileStream(stream.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            other.SetLength(0);
        }

        writer.Write("{\"n\":3}\n"u8);
        writer.Flush();

        await reader.ReadAsync("truncated");
        Assert.Equal([3], await reader.NumbersAsync(1));
    }

    [Fact]
    public async Task Resume_InTheRotatedFile_GetsItsRestThenTheNewOne()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 4));
        string id;
        using (var reader = await stream.OpenAsync())
        {
            await reader.NumbersAsync(2);
            id = reader.LastId!;
        }

        File.Move(stream.Path, stream.FileNamed("build.jsonl.1"));
        File.WriteAllText(stream.Path, Streaming.Lines(10, 2));

        using var again = await stream.OpenAsync(id);
        Assert.Equal([3, 4], await again.NumbersAsync(2));
        await again.ReadAsync("rotated");
        Assert.Equal([10, 11], await again.NumbersAsync(2));
    }

    [Fact]
    public async Task Link_ToAFileElsewhere_IsFollowedByTheClockAlone()
    {
        // Nothing happens in the link's own directory, so no notification comes.
        await using var stream = await Streaming.StartAsync();
        using var elsewhere = new TempDirectory();
        File.CreateSymbolicLink(stream.Path, elsewhere.Write("one", Streaming.Lines(1, 1)));
        using var reader = await stream.OpenAsync();
        Assert.Equal([1], await reader.NumbersAsync(1));

        File.AppendAllText(elsewhere["one"], Streaming.Lines(2, 1));
        Assert.Equal([2], await reader.NumbersAsync(1));

        File.CreateSymbolicLink(stream.FileNamed("next"), elsewhere.Write("two", Streaming.Lines(3, 1)));
        File.Move(stream.FileNamed("next"), stream.Path, overwrite: true);
        await reader.ReadAsync("rotated");
        Assert.Equal([3], await reader.NumbersAsync(1));
    }

    [Fact]
    public async Task Delete_ThenComesBack_WaitsAndGoesOn()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 1));
        using var reader = await stream.OpenAsync();
        Assert.Equal([1], await reader.NumbersAsync(1));

        File.Delete(stream.Path);
        Assert.Equal(60, (await reader.ReadAsync("waiting")).Json.GetProperty("seconds").GetDouble());
        stream.AppendLines(2, 1);

        await reader.ReadAsync("rotated");
        Assert.Equal([2], await reader.NumbersAsync(1));
    }

    [Fact]
    public async Task Open_FileComesLate_WaitsThenFollowsFromItsStart()
    {
        await using var stream = await Streaming.StartAsync(static source => source.From = StreamStart.End);
        using var reader = await stream.OpenAsync();
        await reader.ReadAsync("waiting");
        Assert.Equal(StreamState.Waiting, stream.Describe().State);

        stream.AppendLines(1, 2);

        Assert.Equal([1, 2], await reader.NumbersAsync(2));
    }

    [Fact]
    public async Task Open_DirectoryComesLateToo_FollowsTheFile()
    {
        await using var stream = await Streaming.StartAsync();
        await using var nested = await Streaming.StartAsync(source => source.Path = stream.FileNamed("later/build.jsonl"));
        using var reader = await nested.OpenAsync();
        await reader.ReadAsync("waiting");

        Directory.CreateDirectory(stream.FileNamed("later"));
        File.WriteAllText(stream.FileNamed("later/build.jsonl"), Streaming.Lines(1, 1));

        Assert.Equal([1], await reader.NumbersAsync(1));
    }

    [Fact]
    public async Task Open_FileNeverComes_TimesOutAndSaysWhenToComeBack()
    {
        await using var stream = await Streaming.StartAsync(static source => source.WaitSeconds = 0.5);
        using var reader = await stream.OpenAsync();
        await reader.ReadAsync("waiting");

        Assert.True((await reader.ReadAnyAsync())!.RetryMilliseconds >= 30_000);
        Assert.Equal("timeout", (await reader.ReadAsync())!.Event);
        Assert.Null(await reader.ReadAnyAsync());
        Assert.Equal(StreamState.Missing, (await stream.SettledAsync()).State);
    }

    [Fact]
    public async Task Open_NotAFile_IsMissing()
    {
        await using var stream = await Streaming.StartAsync(static source => source.WaitSeconds = 0);
        Directory.CreateDirectory(stream.Path);
        using var reader = await stream.OpenAsync();

        await reader.ReadAsync("timeout");
        Assert.Null(await reader.ReadAnyAsync());
    }
}
