using System.IO.Pipelines;
using System.Text;
using Causeway.Testing;

namespace Causeway.Relay.Tests.Processes;

/// <summary>B4: what a backend prints is kept line by line, within bounds, whatever it prints.</summary>
public sealed class BackendOutputTests
{
    private const string Euro = "€";

    [Fact]
    public async Task Read_LinesInPieces_AreWholeAgain()
    {
        Assert.Equal(["one", "two", "", "last without an end"], await ReadAsync("on", "e\r\ntw", "o\n", "\n", "last without an end"));
    }

    [Fact]
    public async Task Read_BytesThatAreNoText_AreReplaced()
    {
        Assert.Equal(["a�b", Euro], await ReadAsync([(byte)'a', 0xFF, (byte)'b', (byte)'\n', 0xE2], [0x82, 0xAC, (byte)'\n']));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Read_LineOverTheLimit_ComesInPiecesThatCutNoCharacter(int shift)
    {
        var text = new string('x', shift) + string.Concat(Enumerable.Repeat(Euro, 6_000)) + "\n";

        var lines = await ReadAsync(text);

        Assert.Equal(3, lines.Count);
        Assert.All(lines, static line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 1, OutputReader.MaxLineBytes));
        Assert.Equal(text.TrimEnd('\n'), string.Concat(lines));
    }

    [Fact]
    public void Ring_OverItsLines_DropsTheOldest()
    {
        var output = new BackendOutput(TimeProvider.System);
        Assert.Equal(1, output.Oldest);
        for (var i = 1; i <= 1_500; i++)
        {
            output.Add(OutputSource.Output, $"{i}");
        }

        Assert.Equal(501, output.Oldest);
        Assert.Equal(1_500, output.Newest);
        Assert.Equal(["1499", "1500"], output.ReadNewest(2).Select(static line => line.Text));
        Assert.Equal(["501", "502"], output.ReadAfter(17, 2).Select(static line => line.Text));
        Assert.Empty(output.ReadAfter(1_500, 10));
    }

    [Fact]
    public void Ring_OverItsBytes_DropsTheOldest()
    {
        var output = new BackendOutput(TimeProvider.System);
        for (var i = 0; i < 100; i++)
        {
            output.Add(OutputSource.Error, new string('x', 8_192));
        }

        Assert.Equal(16, output.ReadNewest(1_000).Count);
        Assert.Equal(85, output.Oldest);
    }

    [Fact]
    public async Task Wait_UntilALineComes_OrTheCallerGoes()
    {
        var output = new BackendOutput(TimeProvider.System);
        output.Add(OutputSource.Output, "one");
        Assert.True(output.WaitAsync(0, CancellationToken.None).IsCompletedSuccessfully);

        var waiting = output.WaitAsync(1, CancellationToken.None);
        using var going = new CancellationTokenSource();
        var gone = output.WaitAsync(1, going.Token);
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        output.Add(OutputSource.Output, "two");

        await waiting.Within();
    }

    private static Task<List<string>> ReadAsync(params string[] writes) => ReadAsync([.. writes.Select(Encoding.UTF8.GetBytes)]);

    private static async Task<List<string>> ReadAsync(params byte[][] writes)
    {
        var pipe = new Pipe();
        var lines = new List<string>();
        var reading = OutputReader.Start("test", pipe.Reader.AsStream(), lines.Add);
        foreach (var bytes in writes)
        {
            await pipe.Writer.WriteAsync(bytes);
        }

        await pipe.Writer.CompleteAsync();
        await reading.Within();
        return lines;
    }
}
