using Causeway.Testing;

namespace Causeway.Streams.Tests;

/// <summary>C2: a reader that comes back gets exactly what it missed, or is told that it can't be.</summary>
public sealed class ResumeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Resume_FromEveryLine_GetsExactlyTheRest(bool byHeader)
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 6));
        var ids = new List<string>();
        using (var reader = await stream.OpenAsync())
        {
            await reader.ReadAsync("following");
            for (var i = 0; i < 6; i++)
            {
                ids.Add((await reader.ReadAsync())!.Id!);
            }
        }

        stream.AppendLines(7, 1);
        for (var i = 0; i < 6; i++)
        {
            using var again = byHeader ? await stream.OpenAsync(ids[i]) : await stream.OpenAsync(query: "?last_event_id=" + ids[i]);
            Assert.Equal(Enumerable.Range(i + 2, 6 - i), await again.NumbersAsync(6 - i));
        }
    }

    [Fact]
    public async Task Resume_AfterTheServerCameBack_GoesOnWithoutAGap()
    {
        await using var first = await Streaming.StartAsync(content: Streaming.Lines(1, 3));
        string id;
        using (var reader = await first.OpenAsync())
        {
            await reader.NumbersAsync(2);
            id = reader.LastId!;
        }

        await using var second = await Streaming.StartAsync(source => source.Path = first.Path);
        first.AppendLines(4, 1);
        using var again = await second.OpenAsync(id);
        Assert.Equal([3, 4], await again.NumbersAsync(2));
    }

    [Theory]
    [InlineData("not-an-id", "unreadable")]
    [InlineData("AAAAAAAAAAAA.8.00000000", "other_file")]
    [InlineData("{identity}.8000.{check}", "beyond_end")]
    [InlineData("{identity}.7.{check}", "changed")]
    [InlineData("{identity}.24.{check}", "changed")]
    [InlineData("{identity}.0.{check}", "unreadable")]
    [InlineData("{identity}.-8.{check}", "unreadable")]
    [InlineData("{identity}.99999999999999999999.{check}", "unreadable")]
    public async Task Resume_IdThatCantBeUsed_ResetsAndStartsOver(string id, string reason)
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 3));
        string[] parts;
        using (var reader = await stream.OpenAsync())
        {
            await reader.NumbersAsync(1);
            parts = reader.LastId!.Split('.');
        }

        using var again = await stream.OpenAsync(id.Replace("{identity}", parts[0], StringComparison.Ordinal).Replace("{check}", parts[2], StringComparison.Ordinal));
        var reset = (await again.ReadAsync())!;
        Assert.Equal("reset", reset.Event);
        Assert.Equal(reason, reset.Json.GetProperty("reason").GetString());
        Assert.Equal([1, 2, 3], await again.NumbersAsync(3));
    }

    [Fact]
    public async Task Resume_OtherFileWithTheSameFirstLine_Resets()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 3));
        string id;
        using (var reader = await stream.OpenAsync())
        {
            await reader.NumbersAsync(3);
            id = reader.LastId!;
        }

        // What an inode given anew looks like: everything of the file's own may repeat, its content tells.
        await using var other = await Streaming.StartAsync(source => source.Path = stream.FileNamed("other.jsonl"));
        File.WriteAllText(stream.FileNamed("other.jsonl"), Streaming.Lines(1, 1) + Streaming.Lines(8, 2));
        using var again = await other.OpenAsync(id);
        await again.ReadAsync("reset");
        Assert.Equal([1, 8, 9], await again.NumbersAsync(3));
    }

    [Fact]
    public async Task Resume_FileRewrittenInPlace_Resets()
    {
        await using var first = await Streaming.StartAsync(content: Streaming.Lines(1, 3));
        string id;
        using (var reader = await first.OpenAsync())
        {
            await reader.NumbersAsync(3);
            id = reader.LastId!;
        }

        // The same inode, the same first line, the same length: only the check of the line tells.
        using (var file = new FileStream(first.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Streaming.Lines(1, 1) + Streaming.Lines(8, 2)));
        }

        await using var second = await Streaming.StartAsync(source => source.Path = first.Path);
        using var again = await second.OpenAsync(id);
        Assert.Equal("changed", (await again.ReadAsync("reset")).Json.GetProperty("reason").GetString());
        Assert.Equal([1, 8, 9], await again.NumbersAsync(3));
    }

    [Fact]
    public async Task Resume_IdThatCantBeUsedFromEnd_ResetsAndSendsOnlyWhatComes()
    {
        await using var stream = await Streaming.StartAsync(static source => source.From = StreamStart.End, content: Streaming.Lines(1, 3));
        using var reader = await stream.OpenAsync("nonsense");
        await reader.ReadAsync("reset");
        await reader.ReadAsync("following");
        stream.AppendLines(4, 1);

        Assert.Equal([4], await reader.NumbersAsync(1));
    }
}
