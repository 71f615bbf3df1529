using Causeway.Testing;

namespace Causeway.Streams.Tests;

/// <summary>C2: a source that says it is complete closes its streams, and they stay closed.</summary>
public sealed class EndTests
{
    private static readonly Action<StreamSourceOptions> WhenDone = static source => source.EndWhen = new EndWhenOptions { Field = "type", Equals = "done" };

    [Fact]
    public async Task End_TerminalLineWritten_IsSentThenTheStreamCloses()
    {
        await using var stream = await Streaming.StartAsync(WhenDone, content: Streaming.Lines(1, 1));
        using var reader = await stream.OpenAsync();
        Assert.Equal([1], await reader.NumbersAsync(1));

        stream.Append("""{"type":"done","n":2}""" + "\n" + Streaming.Lines(3, 1));

        Assert.Equal([2], await reader.NumbersAsync(1));
        var line = reader.LastId;
        var end = (await reader.ReadAsync())!;
        Assert.Equal(("end", line), (end.Event, end.Id));
        Assert.Null(await reader.ReadAnyAsync());

        using var again = await stream.OpenAsync(line);
        Assert.Equal(204, again.Head.Status);
    }

    [Fact]
    public async Task End_CompleteBeforeAnybodyReads_SendsAllThenEnds()
    {
        await using var stream = await Streaming.StartAsync(WhenDone, content: Streaming.Lines(1, 2) + """{"n":3,"nested":{"type":"x"},"type":"done"}""" + "\n");
        Assert.Equal(StreamState.Ended, stream.Describe().State);
        using (var reader = await stream.OpenAsync())
        {
            Assert.Equal([1, 2, 3], await reader.NumbersAsync(3));
            Assert.Equal("end", (await reader.ReadAsync())!.Event);
            Assert.Null(await reader.ReadAnyAsync());
        }

        using var fromEnd = await stream.OpenAsync(query: "?from=end");
        var end = await fromEnd.ReadAsync("end");
        using var after = await stream.OpenAsync(end.Id);
        Assert.Equal(204, after.Head.Status);
    }

    [Theory]
    [InlineData("""{"n":1,"type":"doner"}""")]
    [InlineData("""{"n":1,"a":{"type":"done"}}""")]
    [InlineData("""{"n":1,"type":["done"]}""")]
    public async Task End_LineThatOnlyLooksLikeIt_GoesOn(string line)
    {
        await using var stream = await Streaming.StartAsync(WhenDone, content: line + "\n" + Streaming.Lines(2, 1));
        using var reader = await stream.OpenAsync();

        Assert.Equal([1, 2], await reader.NumbersAsync(2));
    }

    [Theory]
    [InlineData("0", """{"n":1,"code":0}""")]
    [InlineData("true", """{"n":1,"code":true}""")]
    [InlineData("ü", """{"n":1,"code":"\u00fc"}""")]
    public async Task End_ValueOfOtherKinds_IsComparedAsText(string value, string line)
    {
        await using var stream = await Streaming.StartAsync(source => source.EndWhen = new EndWhenOptions { Field = "code", Equals = value }, content: line + "\n");
        using var reader = await stream.OpenAsync();

        Assert.Equal([1], await reader.NumbersAsync(1));
        Assert.Equal("end", (await reader.ReadAsync())!.Event);
    }

    [Fact]
    public async Task End_FileReplacedByTheNextRun_NewReaderGetsThatOne()
    {
        await using var stream = await Streaming.StartAsync(WhenDone, content: """{"type":"done","n":1}""" + "\n");
        using (var reader = await stream.OpenAsync())
        {
            await reader.ReadAsync("end");
        }

        File.WriteAllText(stream.FileNamed("new"), Streaming.Lines(5, 1));
        File.Move(stream.FileNamed("new"), stream.Path, overwrite: true);

        await Eventually.True(async () =>
        {
            using var next = await stream.OpenAsync();
            await next.ReadAsync("following");
            return (await next.ReadAsync())!.Json.GetProperty("n").GetInt32() == 5;
        });
    }
}
