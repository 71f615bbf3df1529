using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Options;

namespace Causeway.Http.Tests;

/// <summary>E6: rate limits, and what they tell.</summary>
public sealed class RateLimitTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task UseRateLimits_WithinTheQuota_TellsWhatIsLeft()
    {
        await using var server = await StartAsync();

        var first = await server.GetAsync("/");
        _time.Advance(TimeSpan.FromSeconds(1));
        var second = await server.GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal("\"default\";q=4;w=60", Header(first, "RateLimit-Policy"));
        Assert.Equal("\"default\";r=3;t=15", Header(first, "RateLimit"));
        Assert.Equal("\"default\";r=2;t=29", Header(second, "RateLimit"));
        Assert.Null(Header(first, "Retry-After"));
    }

    [Fact]
    public async Task UseRateLimits_QuotaUsedUp_RefusesUntilTheMomentItNames()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/")).StatusCode);
        }

        _time.Advance(TimeSpan.FromMilliseconds(10_400));
        var refused = await server.GetAsync("/");
        var error = await HttpAssert.IsErrorAsync(refused, HttpStatusCode.TooManyRequests, "RATE_LIMITED");

        Assert.Equal(4_600, error.GetProperty("details").GetProperty("retry_after_ms").GetInt64());
        Assert.Equal("5", Header(refused, "Retry-After"));
        Assert.Equal("\"default\";r=0;t=5", Header(refused, "RateLimit"));
        Assert.Equal("\"default\";q=4;w=60", Header(refused, "RateLimit-Policy"));

        _time.Advance(TimeSpan.FromMilliseconds(4_599));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await server.GetAsync("/")).StatusCode);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.OK, (await server.GetAsync("/")).StatusCode);
    }

    [Theory]
    [InlineData("/free")]
    [InlineData("/nowhere")]
    public async Task UseRateLimits_NotLimited_TellsNothing(string path)
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 10; i++)
        {
            var response = await server.GetAsync(path);

            Assert.NotEqual(HttpStatusCode.TooManyRequests, response.StatusCode);
            Assert.Null(Header(response, "RateLimit"));
            Assert.Null(Header(response, "RateLimit-Policy"));
        }
    }

    [Fact]
    public async Task UseRateLimits_OtherPolicy_CountsApart()
    {
        await using var server = await StartAsync();
        await SpendAsync(server, "/", 4);

        var other = await server.GetAsync("/strict");

        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        Assert.Equal("\"strict\";r=0;t=10", Header(other, "RateLimit"));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await server.GetAsync("/strict")).StatusCode);
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", true)]
    [InlineData("10.0.0.1", "::ffff:10.0.0.1", true)]
    [InlineData("10.0.0.1", "10.0.0.2", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("2001:db8::", "0.0.0.0", false)]
    public async Task UseRateLimits_NoCredential_CountsByNetwork(string one, string other, bool same)
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, address: one)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await AskAsync(server, address: one)).StatusCode);
        Assert.Equal(same ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK, (await AskAsync(server, address: other)).StatusCode);
    }

    [Fact]
    public async Task UseRateLimits_Named_CountsByNameFromWherever()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, $"10.0.0.{i}", "ada")).StatusCode);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await AskAsync(server, "10.0.0.9", "ada")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, "10.0.0.9", "bob")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, "10.0.0.9", new string('x', 5_000))).StatusCode);
    }

    [Fact]
    public async Task UseRateLimits_Exempt_IsNeverLimited()
    {
        await using var server = await StartAsync();
        for (var i = 0; i < 20; i++)
        {
            var response = await AskAsync(server, name: "exempt");

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Null(Header(response, "RateLimit"));
        }
    }

    [Fact]
    public async Task TakeForAccount_ManyAddresses_CountsForTheAccountBesideTheNetwork()
    {
        await using var server = await StartAsync();
        var first = await AskAsync(server, "10.0.0.1", path: "/login?account=ada");

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal("\"default\";q=4;w=60, \"strict\";q=1;w=10", Header(first, "RateLimit-Policy"));
        Assert.Equal("\"default\";r=3;t=15, \"strict\";r=0;t=10", Header(first, "RateLimit"));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await AskAsync(server, "10.0.0.2", path: "/login?account=ada")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, "10.0.0.2", path: "/login?account=bob")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, "10.0.0.2", "exempt", "/login?account=ada")).StatusCode);
    }

    [Fact]
    public async Task Replace_OtherFigures_CountAtOnceAndForgetNothing()
    {
        await using var server = await StartAsync();
        await SpendAsync(server, "/", 4);
        var limiter = server.Services.GetRequiredService<RateLimiter>();

        limiter.Replace("default", new RateLimitPolicy(8, TimeSpan.FromSeconds(120)));
        var more = await server.GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, more.StatusCode);
        Assert.Equal("\"default\";q=8;w=120", Header(more, "RateLimit-Policy"));
        Assert.Equal("\"default\";r=3;t=75", Header(more, "RateLimit"));
        Assert.Throws<ArgumentException>(() => limiter.Replace("default", new RateLimitPolicy(0, TimeSpan.FromSeconds(1))));
        Assert.Throws<ArgumentException>(() => limiter.Replace("nobody's", new RateLimitPolicy(1, TimeSpan.FromSeconds(1))));
    }

    [Fact]
    public async Task UseRateLimits_Refused_IsCountedByPolicyAndKey()
    {
        await using var server = await StartAsync();
        var counts = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Causeway.Http" && instrument.Name is "causeway.rate_limited" or "causeway.refused")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, count, tags, _) =>
        {
            lock (counts)
            {
                counts.Add($"{instrument.Name} {string.Join(' ', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"))}");
            }
        });
        listener.Start();

        await SpendAsync(server, "/", 5, "metrics-only");

        // Others in this process count too, and must not while the list is read.
        listener.Dispose();
        Assert.Contains("causeway.rate_limited policy=default by=principal", counts);
        Assert.Contains("causeway.refused code=RATE_LIMITED", counts);
    }

    [Theory]
    [InlineData("default", 0, 60)]
    [InlineData("default", 1_000_001, 60)]
    [InlineData("default", 1, 0)]
    [InlineData("default", 1, 86_401)]
    [InlineData("de\"fault", 1, 1)]
    [InlineData("", 1, 1)]
    public async Task AddRateLimits_BadPolicy_FailsTheStart(string name, int permits, int seconds) =>
        await Assert.ThrowsAsync<OptionsValidationException>(() => TestServer.StartAsync(
            static app => app.UseRateLimits(),
            builder => builder.Services.AddRateLimits(options => options.Policies[name] = new RateLimitPolicy(permits, TimeSpan.FromSeconds(seconds)))));

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    private static async Task SpendAsync(TestServer server, string path, int times, string? name = null)
    {
        for (var i = 0; i < times; i++)
        {
            await AskAsync(server, name: name, path: path);
        }
    }

    private static Task<HttpResponseMessage> AskAsync(TestServer server, string? address = null, string? name = null, string path = "/")
    {
        var request = HttpAssert.Get(path);
        if (address is not null)
        {
            request.With("Test-Address", address);
        }

        return server.SendAsync(name is null ? request : request.With("Test-Name", name));
    }

    private Task<TestServer> StartAsync() => TestServer.StartAsync(
        static app =>
        {
            app.UseRequestIds();
            app.UseApiErrors();
            app.Use(static (context, next) =>
            {
                if (context.Request.Headers["Test-Address"] is [{ } address])
                {
                    context.Connection.RemoteIpAddress = IPAddress.Parse(address);
                }

                return next(context);
            });
            app.UseRouting();
            app.UseRateLimits();
            var limited = app.MapGroup("").WithRateLimit("default");
            limited.MapGet("/", static () => "here");
            limited.MapGet("/free", static () => "here").WithoutRateLimit();
            limited.MapGet("/strict", static () => "here").WithRateLimit("strict");
            limited.MapGet("/login", static (HttpContext context, string account, RateLimiter limiter) =>
                limiter.TakeForAccount(context, "strict", account) is { } refused ? refused.ToResult() : TypedResults.Ok());
        },
        builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddRateLimits(static options =>
            {
                options.Policies["default"] = new RateLimitPolicy(4, TimeSpan.FromSeconds(60));
                options.Policies["strict"] = new RateLimitPolicy(1, TimeSpan.FromSeconds(10));
                options.Caller = static context => context.Request.Headers["Test-Name"] switch
                {
                    ["exempt"] => RateLimitCaller.Exempt,
                    [{ } name] => RateLimitCaller.Named(name),
                    _ => RateLimitCaller.Network,
                };
            });
        });
}
