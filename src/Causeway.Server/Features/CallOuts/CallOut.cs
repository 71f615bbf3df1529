using System.Buffers;
using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Concurrency;
using Causeway.Http;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Causeway.Server;

/// <summary>
/// One backend that is asked. Equal questions at the same moment are one where answers are kept. A question whose connection broke is asked once more. While the backend fails again and
/// again it is not asked, so that nobody waits for its time-out.
/// </summary>
internal sealed class CallOut : IDisposable
{
    private const int MaxAnswer = 65_536;
    private const int LongestPauseSeconds = 30;

    private readonly string _kind;
    private readonly CallOutSettings _settings;
    private readonly HttpMessageInvoker _client;
    private readonly CallOutsMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Cache<string, CallOutVerdict>? _verdicts;
    private readonly IReadOnlyList<WebhookSecret> _secrets;
    private readonly ResiliencePipeline<CallOutVerdict> _pipeline;
    private int _isFailing;

    /// <param name="kind"><c>connect</c>, <c>join</c> or <c>publish</c>.</param>
    /// <param name="name">Names its cache: no two have the same.</param>
    /// <param name="settings">Where and how.</param>
    /// <param name="client">Makes the requests.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="meters">Where the cache counts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told when it fails, and when it answers again.</param>
    public CallOut(string kind, string name, CallOutSettings settings, HttpMessageInvoker client, CallOutsMetrics metrics, IMeterFactory meters, TimeProvider time, ILogger logger)
    {
        (_kind, _settings, _client, _metrics, _time, _logger) = (kind, settings, client, metrics, time, logger);
        _secrets = settings.Secret is { } secret ? [new WebhookSecret(kind, secret, 0)] : [];
        _verdicts = settings.CacheSeconds == 0
            ? null
            : new Cache<string, CallOutVerdict>(new CacheOptions { Name = "call_out_" + name, Lifetime = TimeSpan.FromSeconds(settings.CacheSeconds), MaxEntries = 100_000 }, time, meters);
        _pipeline = CreatePipeline();
    }

    /// <summary>Asks, unless the answer is known.</summary>
    /// <param name="key">Tells questions apart whose answer may be another.</param>
    /// <param name="question">What is asked; made only where it has to be.</param>
    /// <param name="cancellationToken">Nobody waits any more.</param>
    public async ValueTask<CallOutVerdict> AskAsync(string key, Func<JsonObject> question, CancellationToken cancellationToken)
    {
        try
        {
            return _verdicts is null
                ? await AskAsync(question(), cancellationToken)
                : await _verdicts.GetOrAddAsync(key, (_, token) => AskAsync(question(), token), cancellationToken);
        }
        catch (CallOutFailedException)
        {
            return _settings.WhenDown == CallOutFallback.Allow
                ? CallOutVerdict.Allowed
                : new CallOutVerdict(new ApiError(ErrorCode.Unavailable, "Whether this is allowed could not be found out.") { RetryAfter = TimeSpan.FromSeconds(1) }, []);
        }
    }

    public void Dispose() => _verdicts?.Dispose();

    /// <summary>From the outside to the inside: whether it is asked at all, how long that may take, and once more where a connection broke.</summary>
    private ResiliencePipeline<CallOutVerdict> CreatePipeline() => new ResiliencePipelineBuilder<CallOutVerdict> { TimeProvider = _time }
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions<CallOutVerdict>
        {
            ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Exception is not null && !arguments.Context.CancellationToken.IsCancellationRequested),
            FailureRatio = 0.9,
            MinimumThroughput = 5,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDurationGenerator = static arguments => ValueTask.FromResult(TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(arguments.HalfOpenAttempts, 10)), LongestPauseSeconds))),
        })
        .AddTimeout(TimeSpan.FromSeconds(_settings.TimeoutSeconds))
        .AddRetry(new RetryStrategyOptions<CallOutVerdict>
        {
            ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Exception is HttpRequestException or IOException),
            MaxRetryAttempts = 1,
            Delay = TimeSpan.Zero,
        })
        .Build();

    /// <exception cref="CallOutFailedException">It did not answer as it should.</exception>
    private async Task<CallOutVerdict> AskAsync(JsonObject question, CancellationToken cancellationToken)
    {
        var startedAt = _time.GetTimestamp();
        try
        {
            var verdict = await _pipeline.ExecuteAsync(
                static async (state, token) => CallOutVerdict.Read(await state.CallOut.PostAsync(state.Body, token)),
                (CallOut: this, Body: Write(question)),
                cancellationToken);
            _metrics.Count(_kind, verdict.Error is null ? "allowed" : "refused", _time.GetElapsedTime(startedAt));
            if (Interlocked.Exchange(ref _isFailing, 0) == 1)
            {
                _logger.CallOutAnswers(_kind, _settings.Url!);
            }

            return verdict;
        }
        catch (BrokenCircuitException exception)
        {
            _metrics.Count(_kind, "not_asked");
            throw new CallOutFailedException("It is left alone for a moment.", exception);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = exception as CallOutFailedException
                ?? new CallOutFailedException(exception is TimeoutRejectedException ? $"It did not answer within {_settings.TimeoutSeconds} s." : exception.Message, exception);
            _metrics.Count(_kind, "failed", _time.GetElapsedTime(startedAt));
            if (Interlocked.Exchange(ref _isFailing, 1) == 0)
            {
                _logger.CallOutFails(_kind, _settings.Url!, failure);
            }

            throw failure;
        }
    }

    /// <summary>Not by the serializer, which goes no deeper than a message may, and a question has it within.</summary>
    private static byte[] Write(JsonObject question)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(bytes))
        {
            question.WriteTo(json);
        }

        return bytes.WrittenSpan.ToArray();
    }

    private async Task<byte[]> PostAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _settings.Url);
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "Causeway/" + ServerApp.Version);
        request.Headers.TryAddWithoutValidation("Via", OutgoingHttp.Via);
        if (_secrets.Count > 0)
        {
            request.Headers.TryAddWithoutValidation("Causeway-Signature", WebhookSecret.Sign(_secrets, _time.GetUtcNow(), body));
        }

        using var response = await _client.SendAsync(request, cancellationToken);
        if (response.StatusCode != System.Net.HttpStatusCode.OK)
        {
            throw new CallOutFailedException($"It answered {(int)response.StatusCode}, where only 200 is an answer.");
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var answer = new byte[MaxAnswer + 1];
        var length = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= MaxAnswer ? answer[..length] : throw new CallOutFailedException($"Its answer was over {MaxAnswer} bytes.");
    }
}

/// <summary>A backend did not answer as it should.</summary>
internal sealed class CallOutFailedException(string message, Exception? inner = null) : Exception(message, inner);
