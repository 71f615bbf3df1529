using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Causeway.Http.Tests;

/// <summary>C3: exports come row by row, wait for their reader, and never end as if they were whole when they are not.</summary>
public sealed class ExportTests : IAsyncLifetime
{
    private static readonly CsvTable<Row> Table = new()
    {
        { "id", static (csv, row) => csv.Write(row.Id) },
        { "name", static (csv, row) => csv.Write(row.Name) },
    };

    private readonly Source _source = new();
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await StartAsync(HttpProtocols.Http1);

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Csv_Rows_AreAFileWithAHeader()
    {
        var response = await _server.GetAsync("/csv?rows=2");

        Assert.Equal("id,name\r\n0,row 0\r\n1,row 1\r\n", await response.TextAsync());
        Assert.Equal("text/csv; charset=utf-8; header=present", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("attachment; filename=\"rows.csv\"", response.Content.Headers.ContentDisposition!.ToString());
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task Csv_NoRows_HasTheHeaderAlone() => Assert.Equal("id,name\r\n", await (await _server.GetAsync("/csv?rows=0")).TextAsync());

    [Fact]
    public async Task Ndjson_Rows_AreALineEach()
    {
        var response = await _server.GetAsync("/ndjson?rows=2");

        Assert.Equal("{\"id\":0,\"name\":\"row 0\"}\n{\"id\":1,\"name\":\"row 1\"}\n", await response.TextAsync());
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("", await (await _server.GetAsync("/ndjson?rows=0")).TextAsync());
    }

    [Theory]
    [InlineData("/csv")]
    [InlineData("/ndjson")]
    public async Task Export_ListThatCantBeRead_IsAnErrorAsAnyOther(string path) =>
        await HttpAssert.IsErrorAsync(await _server.GetAsync($"{path}?rows=5&fail=0"), HttpStatusCode.InternalServerError, "INTERNAL_ERROR");

    [Theory]
    [InlineData("/csv")]
    [InlineData("/ndjson")]
    public async Task Export_FailsInMidStream_BreaksOff(string path)
    {
        // On the wire: no last chunk.
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        await raw.SendAsync($"GET {path}?rows=50000&fail=40000 HTTP/1.1\r\nHost: {_server.BaseAddress.Authority}\r\n\r\n");
        byte[] bytes;
        try
        {
            bytes = await raw.ReadToEndAsync().Within();
        }
        catch (SocketException)
        {
            bytes = [];   // a reset says it as well
        }

        Assert.False(bytes.AsSpan().EndsWith("0\r\n\r\n"u8));
        await Eventually.True(() => _source.Disposed == 1);

        using var response = await _server.Client.GetAsync($"{path}?rows=50000&fail=40000", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Export_FailsInMidStreamOverHttp2_ResetsTheStream()
    {
        await using var server = await StartAsync(HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/csv?rows=50000&fail=40000") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Export_ReaderThatDoesNotRead_StopsTheRowsAndLetsGoWhenItLeaves()
    {
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress, receiveBufferBytes: 4_096);
        await raw.SendAsync($"GET /csv?rows=100000000 HTTP/1.1\r\nHost: {_server.BaseAddress.Authority}\r\n\r\n");
        await Eventually.True(() => _source.Rows > 1_000);

        // It comes to rest: what is read is what the kernel and one buffer took.
        var seen = -1L;
        await Eventually.True(() => Interlocked.Exchange(ref seen, _source.Rows) == _source.Rows && IsStill(_source));
        Assert.True(_source.Rows < 2_000_000, $"{_source.Rows} rows were read for nobody.");

        raw.Reset();
        await Eventually.True(() => _source.Disposed == 1);
        _server.Logs.AssertQuiet();
    }

    private static bool IsStill(Source source)
    {
        var before = source.Rows;
        Thread.SpinWait(2_000_000);
        return source.Rows == before;
    }

    private Task<TestServer> StartAsync(HttpProtocols protocols) => TestServer.StartAsync(
        app =>
        {
            app.UseRequestIds();
            app.UseApiErrors();
            app.MapGet("/csv", (int rows, int? fail) => Export.Csv(_source.ReadAsync(rows, fail), Table, "rows.csv", CsvOptions.Default));
            app.MapGet("/ndjson", (int rows, int? fail) => Export.Ndjson(
                _source.ReadAsync(rows, fail), (System.Text.Json.Serialization.Metadata.JsonTypeInfo<Row>)Json.GetTypeInfo(typeof(Row)), "rows.ndjson"));
        },
        static builder => builder.Services.AddApiErrors(),
        protocols);

    private static JsonSerializerOptions Json { get; } = MakeJson();

    private static JsonSerializerOptions MakeJson()
    {
        var options = new JsonSerializerOptions { WriteIndented = true };
        ApiJson.Apply(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    internal sealed record Row(long Id, string Name);

    private sealed class Source
    {
        private long _rows;
        private int _disposed;

        public long Rows => Interlocked.Read(ref _rows);

        public int Disposed => Volatile.Read(ref _disposed);

        public async IAsyncEnumerable<Row> ReadAsync(int rows, int? fail, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                for (var i = 0; i < rows; i++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    if (i == fail)
                    {
                        throw new InvalidOperationException("The database fell over.");
                    }

                    if (i % 100 == 0)
                    {
                        await Task.Yield();
                    }

                    Interlocked.Increment(ref _rows);
                    yield return new Row(i, $"row {i}");
                }
            }
            finally
            {
                Interlocked.Increment(ref _disposed);
            }
        }
    }
}
