using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Polly;
using Polly.Timeout;

namespace Causeway.Server;

/// <summary>What came of one request to an endpoint.</summary>
/// <param name="Status">The status of its answer; null where there was none.</param>
/// <param name="Error">Why it did not take the event; null where it did.</param>
/// <param name="Answer">The first characters of its answer.</param>
/// <param name="Duration">How long it took.</param>
internal readonly record struct SendOutcome(int? Status, string? Error, string? Answer, TimeSpan Duration)
{
    /// <summary>Whether trying again is of no use: the endpoint says that it is gone for good.</summary>
    public bool IsFinal => Status == StatusCodes.Status410Gone;
}

/// <summary>Sends events to endpoints: one POST each, never past a redirect, never where the configuration does not let it.</summary>
internal sealed class WebhookSender : IDisposable
{
    public const int MaxAnswer = 1_024;

    /// <summary>An endpoint has taken the event with its status; what it says besides is only of interest to people.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);

    private readonly HttpMessageInvoker _client;
    private readonly TimeSpan _limit;
    private readonly ResiliencePipeline _pipeline;
    private readonly TimeProvider _time;

    public WebhookSender(ServerSettings settings, TimeProvider time)
    {
        _time = time;
        _limit = TimeSpan.FromSeconds(settings.Webhooks.TimeoutSeconds);
        var handler = OutgoingHttp.CreateHandler(time, settings.Webhooks.AllowPrivateNetworks ? null : AddressRules.IsPublic);
        handler.MaxResponseHeadersLength = 16;
        handler.MaxResponseDrainSize = 0;
        handler.AutomaticDecompression = DecompressionMethods.None;
        _client = new HttpMessageInvoker(handler);

        // The tries are the job's.
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }.AddTimeout(_limit).Build();
    }

    /// <summary>Sends an event once.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the endpoint may have got it.</exception>
    public async Task<SendOutcome> SendAsync(DeliveryTask delivery, CancellationToken cancellationToken)
    {
        var body = WebhookEvent.Body(delivery.EventId, delivery.EventType, delivery.At, delivery.Sequence, delivery.Data);
        using var request = new HttpRequestMessage(HttpMethod.Post, delivery.Url);
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "Causeway/" + ServerApp.Version);
        request.Headers.TryAddWithoutValidation("Via", OutgoingHttp.Via);
        request.Headers.TryAddWithoutValidation("Causeway-Event", delivery.EventType);
        request.Headers.TryAddWithoutValidation("Causeway-Event-Id", delivery.EventId);
        request.Headers.TryAddWithoutValidation("Causeway-Delivery", delivery.Id);
        request.Headers.TryAddWithoutValidation("Causeway-Signature", WebhookSecret.Sign(WebhookSecret.Read(delivery.Secrets), _time.GetUtcNow(), body));

        var startedAt = _time.GetTimestamp();
        try
        {
            return await _pipeline.ExecuteAsync(
                async token =>
                {
                    using var response = await _client.SendAsync(request, token);
                    var answer = await ReadAsync(response, token);
                    return new SendOutcome((int)response.StatusCode, response.IsSuccessStatusCode ? null : Describe(response.StatusCode), answer, _time.GetElapsedTime(startedAt));
                },
                cancellationToken);
        }
        catch (TimeoutRejectedException)
        {
            return Failed($"It did not answer within {_limit.TotalSeconds:0} s.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The handler's own limit for connections, which comes as this.
            return Failed("It could not be connected to in time.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException or AggregateException)
        {
            return Failed(Describe(exception));
        }

        SendOutcome Failed(string error) => new(null, error, null, _time.GetElapsedTime(startedAt));
    }

    public void Dispose() => _client.Dispose();

    /// <summary>The first characters of an answer, as text that can be shown; what does not come soon is left out.</summary>
    private async Task<string?> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxAnswer);
        var read = 0;
        try
        {
            using var limit = new CancellationTokenSource(AnswerLimit, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                await using var stream = await response.Content.ReadAsStreamAsync(both.Token);
                int count;
                while (read < MaxAnswer && (count = await stream.ReadAsync(buffer.AsMemory(read, MaxAnswer - read), both.Token)) > 0)
                {
                    read += count;
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException or HttpRequestException)
            {
                // The status has come, and it is what counts.
            }

            var text = Encoding.UTF8.GetString(buffer, 0, read);
            return text.Length == 0 ? null : string.Create(text.Length, text, static (span, from) =>
            {
                for (var i = 0; i < span.Length; i++)
                {
                    span[i] = char.IsControl(from[i]) && from[i] is not ('\n' or '\t') ? ' ' : from[i];
                }
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string Describe(HttpStatusCode status) => (int)status is >= 300 and < 400
        ? $"It answered {(int)status}: redirects are not followed."
        : $"It answered {(int)status}.";

    /// <summary>In our own words: what others write may name addresses of the inside.</summary>
    private static string Describe(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner is AggregateException all ? all.InnerExceptions[0] : inner.InnerException)
        {
            switch (inner)
            {
                case AddressRefusedException refused:
                    return $"{refused.Message} Webhooks:AllowPrivateNetworks lets webhooks go there.";
                case AuthenticationException:
                    return "Its certificate is not valid.";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }:
                    return "Its name is not known.";
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return "It refused the connection.";
                case SocketException { SocketErrorCode: SocketError.TimedOut }:
                    return "It could not be connected to in time.";
            }
        }

        return exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded }
            ? "Its answer was not HTTP as it should be."
            : "The connection broke.";
    }
}
