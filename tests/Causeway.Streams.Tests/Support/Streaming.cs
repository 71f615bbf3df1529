using System.Text;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Causeway.Streams.Tests;

/// <summary>A real Kestrel that serves one file as the stream <c>build</c>.</summary>
internal sealed class Streaming : IAsyncDisposable
{
    private readonly TempDirectory _directory;
    private readonly TestServer _server;

    private Streaming(TempDirectory directory, TestServer server) => (_directory, _server) = (directory, server);

    public string Path => _directory["build.jsonl"];

    public TestServer Server => _server;

    public StreamsMetrics Metrics => _server.Services.GetRequiredService<StreamsMetrics>();

    public static async Task<Streaming> StartAsync(
        Action<StreamSourceOptions>? configure = null, TimeProvider? time = null, StreamDrain? drain = null, string? content = null,
        HttpProtocols protocols = HttpProtocols.Http1, int? maxReaders = null)
    {
        var directory = new TempDirectory();
        if (content is not null)
        {
            directory.Write("build.jsonl", content);
        }

        var server = await TestServer.StartAsync(
            static app => app.MapStreams(),
            builder =>
            {
                if (time is not null)
                {
                    builder.Services.AddSingleton(time);
                }

                if (drain is not null)
                {
                    builder.Services.AddSingleton(drain);
                }

                builder.Services.AddStreams(options =>
                {
                    var source = new StreamSourceOptions { Path = directory["build.jsonl"] };
                    configure?.Invoke(source);
                    options.Sources["build"] = source;
                    options.MaxReaders = maxReaders ?? options.MaxReaders;
                });
            },
            protocols);
        return new Streaming(directory, server);
    }

    public StreamInfo Describe() => _server.Services.GetRequiredService<FileStreams>().Find("BUILD")!;

    /// <summary>What the stream is once nobody reads it any more.</summary>
    public async Task<StreamInfo> SettledAsync()
    {
        await Eventually.True(() => Metrics.Readers == 0);
        return Describe();
    }

    public string FileNamed(string name) => _directory[name];

    public void Append(string text) => File.AppendAllText(Path, text);

    /// <summary>Appends numbered lines.</summary>
    public void AppendLines(int first, int count) => Append(Lines(first, count));

    public static string Lines(int first, int count)
    {
        var text = new StringBuilder();
        for (var i = first; i < first + count; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{{\"n\":{i}}}\n");
        }

        return text.ToString();
    }

    public Task<SseReader> OpenAsync(string? lastEventId = null, string query = "", int? receiveBufferBytes = null) => SseReader.OpenAsync(
        new Uri(_server.BaseAddress, "/api/v1/streams/build/events" + query), lastEventId, receiveBufferBytes: receiveBufferBytes);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }
}

/// <summary>Short ways to read a stream.</summary>
internal static class Reading
{
    /// <summary>The numbers of the next lines.</summary>
    public static async Task<List<int>> NumbersAsync(this SseReader reader, int count)
    {
        var numbers = new List<int>();
        while (numbers.Count < count)
        {
            var next = await reader.ReadAsync() ?? throw new EndOfStreamException($"The stream ended after {string.Join(',', numbers)}.");
            if (next.Event == "message")
            {
                numbers.Add(next.Json.GetProperty("n").GetInt32());
            }
            else if (next.Event is not ("following" or "waiting"))
            {
                throw new InvalidDataException($"An event '{next.Event}' {next.Data} after {string.Join(',', numbers)}.");
            }
        }

        return numbers;
    }
}
