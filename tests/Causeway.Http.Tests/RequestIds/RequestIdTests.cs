using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Causeway.Http.Tests;

/// <summary>F4: request ids in and out.</summary>
public sealed class RequestIdTests : IAsyncLifetime
{
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(static app =>
    {
        app.UseRequestIds();
        app.UseApiErrors();
        app.MapGet("/id", static (HttpContext context, ILogger<RequestIdTests> logger) =>
        {
            Seen(logger);
            return context.TraceIdentifier;
        });
        app.MapGet("/upgrade", static async Task (HttpContext context) =>
        {
            await using var stream = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await stream.WriteAsync("hello"u8.ToArray(), context.RequestAborted);
        });
        app.MapGet("/throws", static string () => throw new InvalidOperationException("boom"));
    });

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("a")]
    [InlineData("Ab-9_.z")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task UseRequestIds_UsableId_IsTaken(string id)
    {
        using var request = HttpAssert.Get("/id").With("X-Request-Id", id);

        var response = await _server.SendAsync(request);

        Assert.Equal(id, await response.TextAsync());
        Assert.Equal(id, response.Headers.GetValues("X-Request-Id").Single());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("quote\"")]
    [InlineData("{injected}")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234")]
    public async Task UseRequestIds_UnusableId_IsReplacedByUuid7(string? id)
    {
        using var request = HttpAssert.Get("/id");
        if (id is not null)
        {
            request.With("X-Request-Id", id);
        }

        var response = await _server.SendAsync(request);

        var given = response.Headers.GetValues("X-Request-Id").Single();
        Assert.Equal(given, await response.TextAsync());
        Assert.Equal(7, Guid.ParseExact(given, "D").Version);
    }

    [Fact]
    public async Task UseRequestIds_TwoIdsSent_TakesNeither()
    {
        var answer = await HttpAnswer.SendAsync(
            _server.BaseAddress, "GET /id HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: a\r\nX-Request-Id: b\r\nConnection: close\r\n\r\n");

        Assert.True(Guid.TryParse(answer.Header("X-Request-Id"), out _));
    }

    [Theory]
    [InlineData("/nowhere", HttpStatusCode.NotFound)]
    [InlineData("/throws", HttpStatusCode.InternalServerError)]
    public async Task UseRequestIds_Errors_CarryTheIdToo(string path, HttpStatusCode status)
    {
        using var request = HttpAssert.Get(path).With("X-Request-Id", "mine");

        var response = await _server.SendAsync(request);

        Assert.Equal(status, response.StatusCode);
        Assert.Equal("mine", response.Headers.GetValues("X-Request-Id").Single());
    }

    [Fact]
    public async Task UseRequestIds_UpgradedConnection_CarriesTheIdToo()
    {
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        await raw.SendAsync("GET /upgrade HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: test\r\nX-Request-Id: mine\r\n\r\n");

        var all = System.Text.Encoding.ASCII.GetString(await raw.ReadToEndAsync().Within());

        Assert.StartsWith("HTTP/1.1 101", all, StringComparison.Ordinal);
        Assert.Contains("X-Request-Id: mine\r\n", all, StringComparison.Ordinal);
        Assert.EndsWith("hello", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseRequestIds_WhileHandling_LogsCarryTheScope()
    {
        using var request = HttpAssert.Get("/id").With("X-Request-Id", "scoped");

        await _server.SendAsync(request);

        var seen = await _server.Logs.WaitFor(nameof(Seen));
        Assert.Contains("request_id:scoped", seen.Scopes);
    }

    [Fact]
    public async Task UseRequestIds_NextRequestOnTheConnection_HasItsOwnScopeAlone()
    {
        using var raw = await RawConnection.OpenAsync(_server.BaseAddress);
        foreach (var id in (string[])["first", "second"])
        {
            await raw.SendAsync($"GET /id HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {id}\r\n\r\n");
            await _server.Logs.WaitFor(nameof(Seen), id == "first" ? 1 : 2);
        }

        var second = _server.Logs.Named(nameof(Seen))[1];
        Assert.Contains("request_id:second", second.Scopes);
        Assert.DoesNotContain("request_id:first", second.Scopes);
    }

    private static void Seen(ILogger logger) => logger.Log(Microsoft.Extensions.Logging.LogLevel.Information, new(1, nameof(Seen)), "seen", null, static (text, _) => text);
}
