using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Causeway.Http;

/// <summary>Runs an endpoint once per idempotency key.</summary>
internal sealed class IdempotentEndpoint(RequestDelegate endpoint, IIdempotencyStore store, IdempotencyOptions options, ILogger logger)
{
    public const string HeaderName = "Idempotency-Key";
    public const string ReplayedHeaderName = "Idempotency-Replayed";
    private const int MaxKeyLength = 255;

    private static readonly IdempotentAnswer TooLargeToKeep = new(0, null, null, null, default);

    public Task InvokeAsync(HttpContext context)
    {
        var header = context.Request.Headers[HeaderName];
        if (header.Count == 0)
        {
            return endpoint(context);
        }

        return header is [{ Length: > 0 and <= MaxKeyLength } key] && !key.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? InvokeOnceAsync(context, key)
            : ErrorWriter.WriteAsync(context, Refusal(ErrorCode.ValidationError, $"{HeaderName} must stand once and have 1 to {MaxKeyLength} printable ASCII characters."));
    }

    private static ApiError Refusal(ErrorCode code, string message) =>
        new(code, message) { Details = new JsonObject { ["header"] = HeaderName } };

    private async Task InvokeOnceAsync(HttpContext context, string text)
    {
        var request = context.Request;
        var body = await ReadBodyAsync(request, context.RequestAborted).ConfigureAwait(false);
        if (body is null)
        {
            await ErrorWriter.WriteAsync(context, new ApiError(
                ErrorCode.PayloadTooLarge,
                $"A request with an {HeaderName} may have {options.MaxRequestBytes} bytes.")
            {
                Details = new JsonObject { ["limit_bytes"] = options.MaxRequestBytes },
            }).ConfigureAwait(false);
            return;
        }

        var key = new IdempotencyKey(options.Principal(context), $"{request.Method} {request.PathBase}{request.Path}", text);
        var claim = await store.ClaimAsync(key, Fingerprint(request.QueryString, body), context.RequestAborted).ConfigureAwait(false);
        switch (claim.Status)
        {
            case IdempotencyStatus.Claimed:
                request.Body = new MemoryStream(body, writable: false);
                await RunAsync(context, key).ConfigureAwait(false);
                break;
            case IdempotencyStatus.Answered when claim.Answer is { Status: not 0 } answer:
                context.Response.Headers[ReplayedHeaderName] = "true";
                await SendAsync(context, answer).ConfigureAwait(false);
                break;
            case IdempotencyStatus.Answered:
                await ErrorWriter.WriteAsync(context, Refusal(
                    ErrorCode.Conflict, "The request was done, but its answer was too large to be kept.")).ConfigureAwait(false);
                break;
            case IdempotencyStatus.Mismatch:
                await ErrorWriter.WriteAsync(context, Refusal(
                    ErrorCode.ValidationError, $"This {HeaderName} was used for another request; a new request needs a new key.")).ConfigureAwait(false);
                break;
            case IdempotencyStatus.InProgress:
                await ErrorWriter.WriteAsync(context, Refusal(
                    ErrorCode.Conflict, $"The first request with this {HeaderName} is still running; ask again.")).ConfigureAwait(false);
                break;
            default:
                await ErrorWriter.WriteAsync(context, new ApiError(
                    ErrorCode.Unavailable, $"Too many requests with an {HeaderName} are running.")
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                }).ConfigureAwait(false);
                break;
        }
    }

    /// <summary>Does the work, keeps its answer, then sends it: a client that leaves meanwhile still finds it when it repeats.</summary>
    private async Task RunAsync(HttpContext context, IdempotencyKey key)
    {
        var original = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var claimed = new IdempotentRequest(store, key);
        context.Features.Set(claimed);
        using var buffer = new MemoryStream();
        var buffering = new StreamResponseBodyFeature(buffer, original);
        context.Features.Set<IHttpResponseBodyFeature>(buffering);
        IdempotentAnswer answer;
        try
        {
            await endpoint(context).ConfigureAwait(false);
            await buffering.CompleteAsync().ConfigureAwait(false);
            var headers = context.Response.Headers;
            answer = new IdempotentAnswer(
                context.Response.StatusCode, context.Response.ContentType, (string?)headers.Location, (string?)headers.ETag, buffer.ToArray())
            {
                Cookies = headers.SetCookie,
            };
        }
        catch when (!claimed.IsKept)
        {
            await store.ReleaseAsync(key).ConfigureAwait(false);
            throw;
        }
        finally
        {
            context.Features.Set(original);
        }

        if (claimed.IsKept)
        {
            // Its work kept it already, together with what it did.
        }
        else if (!SaysWhatWasDone(answer.Status))
        {
            await store.ReleaseAsync(key).ConfigureAwait(false);
        }
        else if (answer.Body.Length > options.MaxResponseBytes)
        {
            logger.AnswerTooLargeToKeep(context.Request.Method, context.Request.Path, answer.Body.Length);
            await store.CompleteAsync(key, TooLargeToKeep).ConfigureAwait(false);
        }
        else
        {
            await store.CompleteAsync(key, answer).ConfigureAwait(false);
        }

        if (!answer.Body.IsEmpty)
        {
            await original.Stream.WriteAsync(answer.Body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Failures, and refusals that may be lifted by waiting or by another credential, free the key; all else is the request's answer for good.</summary>
    private static bool SaysWhatWasDone(int status) => status is < 500 and not (401 or 403 or 408 or 425 or 429);

    private static async Task SendAsync(HttpContext context, IdempotentAnswer answer)
    {
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.Headers.Location = answer.Location;
        response.Headers.ETag = answer.ETag;
        response.Headers.SetCookie = answer.Cookies;

        // What was said of caching the first time is not kept; nothing of what is told twice is to be.
        response.Headers.CacheControl = "no-store";
        if (!answer.Body.IsEmpty)
        {
            response.ContentType = answer.ContentType;
            response.ContentLength = answer.Body.Length;
            await response.Body.WriteAsync(answer.Body, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static byte[] Fingerprint(QueryString query, byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(query.Value ?? "")));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    /// <summary>The whole body, or null where it is larger than the limit.</summary>
    private async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > options.MaxRequestBytes)
        {
            return null;
        }

        while (true)
        {
            var result = await request.BodyReader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.Buffer.Length > options.MaxRequestBytes)
            {
                request.BodyReader.AdvanceTo(result.Buffer.End);
                return null;
            }

            if (result.IsCompleted)
            {
                var body = result.Buffer.ToArray();
                request.BodyReader.AdvanceTo(result.Buffer.End);
                return body;
            }

            request.BodyReader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
