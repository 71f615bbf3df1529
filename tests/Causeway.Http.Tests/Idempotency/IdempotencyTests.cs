using System.Net;
using System.Security.Claims;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Http.Tests;

/// <summary>F12: a POST with an Idempotency-Key is done once, and its repeats get the first answer.</summary>
public sealed class IdempotencyTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private TestServer _server = null!;
    private Work _work = null!;

    public async ValueTask InitializeAsync()
    {
        _work = new Work();
        _server = await TestServer.StartAsync(
            app =>
            {
                app.UseRequestIds();
                app.UseApiErrors();
                app.Use(static (context, next) =>
                {
                    if (context.Request.Headers["X-User"] is [{ } user])
                    {
                        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user)], "test"));
                    }

                    return next(context);
                });
                var group = app.MapGroup("/work").WithIdempotency();
                group.MapPost("/{*rest}", _work.RunAsync);
                app.MapPost("/outside", _work.RunAsync);
            },
            builder =>
            {
                builder.Services.AddApiErrors().AddApiJson();
                builder.Services.AddSingleton<TimeProvider>(_time);
                builder.Services.AddIdempotency(static options =>
                {
                    options.MaxRequestBytes = 1_024;
                    options.MaxResponseBytes = 1_024;
                });
            });
    }

    public async ValueTask DisposeAsync()
    {
        _work.Gate.TrySetResult();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task WithIdempotency_Repeat_GetsTheFirstAnswerAndDoesNothing()
    {
        var first = await PostAsync("a");
        var second = await PostAsync("a");

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal("true", second.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(await first.TextAsync(), await second.TextAsync());
        Assert.Equal(first.Content.Headers.ContentType, second.Content.Headers.ContentType);
        Assert.Equal("/work/1", second.Headers.Location?.OriginalString);
        Assert.Equal(1, _work.Done);
    }

    [Fact]
    public async Task WithIdempotency_NoKeyOrAnotherOne_RunsAgain()
    {
        await PostAsync("a");
        await PostAsync("b");
        await PostAsync(null);
        await PostAsync(null);

        Assert.Equal(4, _work.Done);
    }

    [Fact]
    public async Task WithIdempotency_AnotherPrincipalOrPath_IsAnotherKey()
    {
        await PostAsync("a");
        await PostAsync("a", user: "ann");
        await PostAsync("a", user: "bob");
        await PostAsync("a", path: "/work/other");
        await PostAsync("a", path: "/outside");

        Assert.Equal(5, _work.Done);
    }

    [Theory]
    [InlineData("{\"n\":2}", "/work/x")]
    [InlineData("{\"n\":1}", "/work/x?really=yes")]
    public async Task WithIdempotency_OtherRequestUnderTheKey_IsInvalid(string body, string path)
    {
        await PostAsync("a");

        await HttpAssert.IsErrorAsync(await PostAsync("a", body, path), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");
        Assert.Equal(1, _work.Done);
    }

    [Fact]
    public async Task WithIdempotency_OtherRequestWhileFirstRuns_IsInvalidAtOnce()
    {
        _work.Gate = new TaskCompletionSource();
        var first = PostAsync("a");
        await Eventually.True(() => _work.Started == 1);

        await HttpAssert.IsErrorAsync(await PostAsync("a", "{\"n\":2}"), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");

        _work.Gate.SetResult();
        Assert.Equal(HttpStatusCode.Created, (await first.Within()).StatusCode);
    }

    [Fact]
    public async Task WithIdempotency_RepeatWhileFirstRuns_WaitsForItsAnswer()
    {
        _work.Gate = new TaskCompletionSource();
        var first = PostAsync("a");
        await Eventually.True(() => _work.Started == 1);
        var repeat = PostAsync("a");
        await _time.AdvanceWhenAsleep(TimeSpan.FromSeconds(9));
        _work.Gate.SetResult();

        Assert.Equal(await (await first.Within()).TextAsync(), await (await repeat.Within()).TextAsync());
        Assert.Equal(1, _work.Done);
    }

    [Fact]
    public async Task WithIdempotency_FirstRunsOverTenSeconds_RepeatIsAConflict()
    {
        _work.Gate = new TaskCompletionSource();
        var first = PostAsync("a");
        await Eventually.True(() => _work.Started == 1);
        var repeat = PostAsync("a");
        await _time.AdvanceWhenAsleep(TimeSpan.FromSeconds(10));

        await HttpAssert.IsErrorAsync(await repeat.Within(), HttpStatusCode.Conflict, "CONFLICT");
        _work.Gate.SetResult();
        await first.Within();
        Assert.Equal(1, _work.Done);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(401)]
    [InlineData(429)]
    [InlineData(Work.Throws)]
    public async Task WithIdempotency_FirstRunFails_FreesTheKey(int failure)
    {
        _work.Failures.Enqueue(failure);

        var first = await PostAsync("a");
        var second = await PostAsync("a");

        Assert.Equal(failure == Work.Throws ? 500 : failure, (int)first.StatusCode);
        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal(1, _work.Done);
    }

    [Fact]
    public async Task WithIdempotency_FirstAnswerIsARefusal_IsRepeatedToo()
    {
        _work.Failures.Enqueue(409);

        var first = await PostAsync("a");
        var second = await PostAsync("a");

        Assert.Equal(HttpStatusCode.Conflict, first.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        Assert.True(second.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(0, _work.Done);
    }

    [Fact]
    public async Task WithIdempotency_FirstClientLeaves_RepeatStillGetsTheAnswer()
    {
        _work.Gate = new TaskCompletionSource();
        using (var raw = await RawConnection.OpenAsync(_server.BaseAddress))
        {
            await raw.SendAsync("POST /work/x HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: a\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"n\":1}");
            await Eventually.True(() => _work.Started == 1);
            raw.Reset();
        }

        _work.Gate.SetResult();
        var repeat = await PostAsync("a");

        Assert.Equal(HttpStatusCode.Created, repeat.StatusCode);
        Assert.Equal("true", repeat.Headers.GetValues("Idempotency-Replayed").Single());
        Assert.Equal(1, _work.Done);
    }

    [Fact]
    public async Task WithIdempotency_After24Hours_TheKeyIsNew()
    {
        await PostAsync("a");
        _time.Advance(TimeSpan.FromHours(24) - TimeSpan.FromSeconds(1));
        await PostAsync("a");
        Assert.Equal(1, _work.Done);

        _time.Advance(TimeSpan.FromSeconds(1));
        await PostAsync("a");

        Assert.Equal(2, _work.Done);
    }

    [Theory]
    [InlineData("")]
    [InlineData("täglich")]
    [InlineData("256")]
    public async Task WithIdempotency_UnusableKey_IsInvalid(string key)
    {
        key = key == "256" ? new string('k', 256) : key;
        var answer = await HttpAnswer.SendAsync(
            _server.BaseAddress, $"POST /work/x HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: {key.Replace('ä', '\u007f')}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.Equal(422, answer.Status);
        Assert.Equal("VALIDATION_ERROR", answer.ErrorCode);
        Assert.Equal(0, _work.Started);
    }

    [Fact]
    public async Task WithIdempotency_LongestKey_IsTaken()
    {
        await PostAsync(new string('k', 255));
        await PostAsync(new string('k', 255));

        Assert.Equal(1, _work.Done);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WithIdempotency_BodyOverLimit_IsTooLarge(bool withLength)
    {
        using var request = HttpAssert.PostText("/work/x", $"{{\"n\":1,\"pad\":\"{new string('x', 2_000)}\"}}").With("Idempotency-Key", "a");
        request.Headers.TransferEncodingChunked = !withLength;

        await HttpAssert.IsErrorAsync(await _server.SendAsync(request), HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE");
        Assert.Equal(0, _work.Started);
    }

    [Fact]
    public async Task WithIdempotency_AnswerTooLargeToKeep_IsSentOnceAndNeverRepeated()
    {
        _work.Padding = 5_000;

        var first = await PostAsync("a");
        var second = await PostAsync("a");

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.True((await first.TextAsync()).Length > 5_000);
        await HttpAssert.IsErrorAsync(second, HttpStatusCode.Conflict, "CONFLICT");
        Assert.Equal(1, _work.Done);
    }

    [Fact]
    public async Task WithIdempotency_HandlerReadsTheBody_GetsItWhole()
    {
        var response = await PostAsync("a", "{\"n\":42}");

        Assert.Contains("\"n\":42", await response.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithIdempotency_StoreMissing_SaysWhatToAdd()
    {
        await using var server = await TestServer.StartAsync(static app => app.MapPost("/", static () => "x").WithIdempotency());

        await server.GetAsync("/");

        Assert.Contains(server.Logs.Events, static e => e.Exception?.Message.Contains("AddIdempotency", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task WithIdempotency_AnyInterleavingOfPosts_IsDoneOnce()
    {
        var round = 0;
        var property = Prop.ForAll<PositiveInt, NonNegativeInt>(async (posts, failures) =>
        {
            var count = (posts.Get % 8) + 1;
            var failing = failures.Get % 4;
            var before = _work.Done;
            for (var i = 0; i < failing; i++)
            {
                _work.Failures.Enqueue(i % 2 == 0 ? 500 : Work.Throws);
            }

            var key = $"round-{round++}";
            var answers = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(() => PostAsync(key)))).Within();
            _work.Failures.Clear();

            // Each failing run is told to the one who ran it; all others get the one answer.
            var failed = Math.Min(count, failing);
            Assert.Equal(failed, answers.Count(static a => a.StatusCode == HttpStatusCode.InternalServerError));
            var good = answers.Where(static a => a.StatusCode == HttpStatusCode.Created).ToList();
            Assert.Equal(count - failed, good.Count);
            Assert.Equal(good.Count > 0 ? 1 : 0, _work.Done - before);
            Assert.True((await Task.WhenAll(good.Select(static a => a.TextAsync()))).Distinct().Count() <= 1);
        });

        await Task.Run(() => property.QuickCheckThrowOnFailure(), TestContext.Current.CancellationToken).Within();
    }

    private async Task<HttpResponseMessage> PostAsync(string? key, string body = "{\"n\":1}", string path = "/work/x", string? user = null)
    {
        using var request = HttpAssert.PostText(path, body);
        if (key is not null)
        {
            request.With("Idempotency-Key", key);
        }

        if (user is not null)
        {
            request.With("X-User", user);
        }

        return await _server.SendAsync(request);
    }

    /// <summary>An endpoint that counts what it did.</summary>
    private sealed class Work
    {
        public const int Throws = -1;
        private int _started;
        private int _done;

        public int Started => Volatile.Read(ref _started);

        public int Done => Volatile.Read(ref _done);

        public System.Collections.Concurrent.ConcurrentQueue<int> Failures { get; } = new();

        public TaskCompletionSource Gate { get; set; } = Opened();

        public int Padding { get; set; }

        public async Task<IResult> RunAsync(Request request)
        {
            Interlocked.Increment(ref _started);
            await Gate.Task;
            if (Failures.TryDequeue(out var failure))
            {
                return failure == Throws ? throw new InvalidOperationException("boom") : Results.StatusCode(failure);
            }

            var number = Interlocked.Increment(ref _done);
            return Results.Created($"/work/{number}", new { number, request.N, pad = new string('x', Padding) });
        }

        private static TaskCompletionSource Opened()
        {
            var gate = new TaskCompletionSource();
            gate.SetResult();
            return gate;
        }
    }

    private sealed record Request(int N, string Pad = "");
}
