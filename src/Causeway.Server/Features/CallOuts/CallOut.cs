using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Causeway.Concurrency;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>
/// One backend that is asked. Equal questions at the same moment are one where answers are kept. While it fails again and again it is not asked, so that nobody waits for its time-out:
/// for 1 s after five failures in a row, doubling to 30 s with each that follows.
/// </summary>
internal sealed class CallOut : IDisposable
{
    private const int MaxAnswer = 65_536;
    private const int FailuresInARow = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly string _kind;
    private readonly CallOutSettings _settings;
    private readonly HttpMessageInvoker _client;
    private readonly CallOutsMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Cache<string, CallOutVerdict>? _verdicts;
    private readonly IReadOnlyList<WebhookSecret> _secrets;
    private readonly Lock _gate = new();
    private int _failures;
    private long _closedUntil;

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

    /// <exception cref="CallOutFailedException">It did not answer as it should.</exception>
    private async Task<CallOutVerdict> AskAsync(JsonObject question, CancellationToken cancellationToken)
    {
        if (_time.GetUtcNow().ToUnixTimeMilliseconds() < Volatile.Read(ref _closedUntil))
        {
            _metrics.Count(_kind, "not_asked");
            throw new CallOutFailedException("It is left alone for a moment.");
        }

        var startedAt = _time.GetTimestamp();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(_settings.TimeoutSeconds), _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var verdict = CallOutVerdict.Read(await PostAsync(JsonSerializer.SerializeToUtf8Bytes(question), both.Token));
            _metrics.Count(_kind, verdict.Error is null ? "allowed" : "refused", _time.GetElapsedTime(startedAt));
            Note(null);
            return verdict;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = exception as CallOutFailedException
                ?? new CallOutFailedException(exception is OperationCanceledException ? $"It did not answer within {_settings.TimeoutSeconds} s." : exception.Message, exception);
            _metrics.Count(_kind, "failed", _time.GetElapsedTime(startedAt));
            Note(failure);
            throw failure;
        }
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

    private void Note(Exception? failure)
    {
        int before;
        lock (_gate)
        {
            before = _failures;
            _failures = failure is null ? 0 : _failures + 1;
            if (failure is not null && _failures >= FailuresInARow)
            {
                var pause = FirstPause * Math.Pow(2, Math.Min(_failures - FailuresInARow, 10));
                Volatile.Write(ref _closedUntil, (_time.GetUtcNow() + (pause < LongestPause ? pause : LongestPause)).ToUnixTimeMilliseconds());
            }
        }

        if (failure is null && before > 0)
        {
            _logger.CallOutAnswers(_kind, _settings.Url!);
        }
        else if (failure is not null && before == 0)
        {
            _logger.CallOutFails(_kind, _settings.Url!, failure);
        }
    }
}

/// <summary>A backend did not answer as it should.</summary>
internal sealed class CallOutFailedException(string message, Exception? inner = null) : Exception(message, inner);
