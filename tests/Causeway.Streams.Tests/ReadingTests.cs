using Causeway.Testing;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Causeway.Streams.Tests;

/// <summary>C2: complete lines become events, at once and in order.</summary>
public sealed class ReadingTests
{
    [Fact]
    public async Task Open_FileWithLines_GreetsThenSendsThemAll()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 3));
        using var reader = await stream.OpenAsync();

        Assert.Equal(200, reader.Head.Status);
        Assert.StartsWith("text/event-stream", reader.Head.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Equal("no-store", reader.Head.Header("Cache-Control"));
        Assert.Equal("no", reader.Head.Header("X-Accel-Buffering"));
        Assert.True((await reader.ReadAnyAsync())!.RetryMilliseconds > 0);
        Assert.NotNull((await reader.ReadAnyAsync())!.Comment);
        Assert.Equal("following", (await reader.ReadAsync())!.Event);
        var first = (await reader.ReadAsync())!;
        Assert.Equal(("message", """{"n":1}"""), (first.Event, first.Data));
        Assert.Matches("^[A-Za-z0-9_.-]+$", first.Id!);
        Assert.Equal([2, 3], await reader.NumbersAsync(2));
    }

    [Fact]
    public async Task Append_WhileReading_ArrivesAtOnce()
    {
        await using var stream = await Streaming.StartAsync(content: "");
        using var reader = await stream.OpenAsync();
        await reader.ReadAsync("following");

        for (var i = 1; i <= 20; i++)
        {
            stream.AppendLines(i, 1);
            Assert.Equal([i], await reader.NumbersAsync(1));
        }
    }

    [Fact]
    public async Task Append_PartOfALine_IsSentOnlyWhenWhole()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 1) + "{\"n\"");
        using var reader = await stream.OpenAsync();
        Assert.Equal([1], await reader.NumbersAsync(1));

        // The other stream's line proves that the part was seen.
        stream.Append(":2");
        using (var other = await stream.OpenAsync())
        {
            Assert.Equal([1], await other.NumbersAsync(1));
        }

        stream.Append("}\n" + Streaming.Lines(3, 1));
        Assert.Equal([2, 3], await reader.NumbersAsync(2));
    }

    [Fact]
    public async Task Lines_WithCrLfBlanksAndAMark_AreTidied()
    {
        await using var stream = await Streaming.StartAsync(content: "\uFEFF{\"n\":1}\r\n\r\n\n  \n {\"n\":\r2}\r\n\0\0\0{\"n\":3}\n");
        using var reader = await stream.OpenAsync();
        await reader.ReadAsync("following");

        Assert.Equal("""{"n":1}""", (await reader.ReadAsync())!.Data);
        Assert.Equal("""{"n": 2}""", (await reader.ReadAsync())!.Data);
        Assert.Equal("""{"n":3}""", (await reader.ReadAsync())!.Data);
    }

    [Fact]
    public async Task Line_NotJson_IsToldAsInvalid()
    {
        await using var stream = await Streaming.StartAsync();
        File.WriteAllBytes(stream.Path, [.. "{\"n\":1}\nnot \"json\"\n"u8, .. "{\"s\":\"\xFF\"}\n".Select(static c => (byte)c), .. "{\"n\":2}\n"u8]);
        using var reader = await stream.OpenAsync();

        Assert.Equal([1], await reader.NumbersAsync(1));
        var notJson = (await reader.ReadAsync())!;
        Assert.Equal("invalid", notJson.Event);
        Assert.Equal(("not_json", 8, "not \"json\""), (Text(notJson, "reason"), notJson.Json.GetProperty("offset").GetInt32(), Text(notJson, "text")));
        var notUtf8 = (await reader.ReadAsync())!;
        Assert.Equal("not_utf8", Text(notUtf8, "reason"));
        Assert.Equal([2], await reader.NumbersAsync(1));

        using var resumed = await stream.OpenAsync(notJson.Id);
        await resumed.ReadAsync("following");
        Assert.Equal("not_utf8", Text((await resumed.ReadAsync())!, "reason"));
    }

    [Theory]
    [InlineData(2_000)]
    [InlineData(200_000)]
    public async Task Line_OverTheLimit_IsToldAsSkipped(int length)
    {
        await using var stream = await Streaming.StartAsync(static source => source.MaxLineBytes = 1_024, content: Streaming.Lines(1, 1));
        using var reader = await stream.OpenAsync();
        Assert.Equal([1], await reader.NumbersAsync(1));

        stream.Append("\"" + new string('x', length));
        stream.Append("\"\n" + Streaming.Lines(2, 1));

        var skipped = (await reader.ReadAsync())!;
        Assert.Equal("skipped", skipped.Event);
        Assert.Equal(length + 3, skipped.Json.GetProperty("bytes").GetInt32());
        Assert.Equal([2], await reader.NumbersAsync(1));
        using var resumed = await stream.OpenAsync(skipped.Id);
        Assert.Equal([2], await resumed.NumbersAsync(1));
    }

    [Fact]
    public async Task Line_LongButWithinTheLimit_IsSentWhole()
    {
        await using var stream = await Streaming.StartAsync(content: "");
        using var reader = await stream.OpenAsync();
        await reader.ReadAsync("following");
        var line = $$"""{"text":"{{new string('ä', 400_000)}}"}""";

        stream.Append(line + "\n");

        Assert.Equal(line, (await reader.ReadAsync())!.Data);
    }

    [Fact]
    public async Task Open_FromEnd_SendsOnlyWhatComes()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 5));
        using var reader = await stream.OpenAsync(query: "?from=end");
        var following = await reader.ReadAsync("following");
        Assert.NotNull(following.Id);
        stream.AppendLines(6, 1);
        Assert.Equal([6], await reader.NumbersAsync(1));

        using var resumed = await stream.OpenAsync(following.Id);
        Assert.Equal([6], await resumed.NumbersAsync(1));
    }

    [Fact]
    public async Task Open_ManyMoreLinesThanABatch_SendsEachOnceInOrder()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 50_000));
        using var reader = await stream.OpenAsync();
        var writing = Task.Run(() =>
        {
            for (var i = 50_001; i <= 60_000; i += 100)
            {
                stream.AppendLines(i, 100);
            }
        });

        Assert.Equal(Enumerable.Range(1, 60_000), await reader.NumbersAsync(60_000));
        await writing;
    }

    [Fact]
    public async Task Open_UnknownName_NotFound()
    {
        await using var stream = await Streaming.StartAsync();
        using var reader = await SseReader.OpenAsync(new Uri(stream.Server.BaseAddress, "/api/v1/streams/other/events"));

        Assert.Equal(404, reader.Head.Status);
        Assert.Equal("NOT_FOUND", reader.Head.ErrorCode);
    }

    [Theory]
    [InlineData("..%2f..%2fetc%2fpasswd")]
    [InlineData("%2e%2e")]
    [InlineData("build%00")]
    [InlineData("build.jsonl")]
    public async Task Open_NameOfAFile_NotFound(string name)
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 1));
        using var reader = await SseReader.OpenAsync(new Uri(stream.Server.BaseAddress + $"api/v1/streams/{name}/events", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));

        Assert.InRange(reader.Head.Status, 400, 404);
    }

    [Fact]
    public async Task Open_ByHttp2_ReadsAsByHttp1()
    {
        await using var stream = await Streaming.StartAsync(content: Streaming.Lines(1, 1), protocols: HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/streams/build/events") { Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await stream.Server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("""data: {"n":1}""", await NextDataAsync());
        stream.AppendLines(2, 1);
        Assert.Equal("""data: {"n":2}""", await NextDataAsync());

        async Task<string> NextDataAsync()
        {
            while (true)
            {
                var line = await lines.ReadLineAsync().Within() ?? throw new EndOfStreamException();
                if (line.StartsWith("data: {\"n\"", StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }
    }

    [Fact]
    public async Task Open_FromNowhere_IsRefused()
    {
        await using var stream = await Streaming.StartAsync();
        using var reader = await stream.OpenAsync(query: "?from=middle");

        Assert.Equal(422, reader.Head.Status);
        Assert.Equal("VALIDATION_ERROR", reader.Head.ErrorCode);
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("POST")]
    public async Task Open_OtherMethod_MethodNotAllowed(string method)
    {
        await using var stream = await Streaming.StartAsync();
        var answer = await HttpAnswer.SendAsync(
            stream.Server.BaseAddress, $"{method} /api/v1/streams/build/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.Equal(405, answer.Status);
        Assert.Equal("GET", answer.Header("Allow"));
    }

    private static string? Text(SseEvent e, string field) => e.Json.GetProperty(field).GetString();
}
