using System.Text.Json;
using Causeway.Data;
using Causeway.Http;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>An answer made within the transaction that it tells of, so that both can be kept together.</summary>
/// <param name="Status">The HTTP status, 200 to 299.</param>
/// <param name="Value">The body, written as the API writes JSON; null for none.</param>
internal sealed record KeptAnswer(int Status, object? Value = null)
{
    /// <summary>The <c>Location</c> header.</summary>
    public string? Location { get; init; }

    /// <summary>The <c>ETag</c> header, with its quotes.</summary>
    public string? ETag { get; init; }

    /// <summary>The <c>Set-Cookie</c> header.</summary>
    public string? Cookie { get; init; }
}

/// <summary>Runs the work of an endpoint once per <c>Idempotency-Key</c>, also across a crash.</summary>
internal static class KeptAnswers
{
    /// <summary>
    /// Does the work in one transaction and keeps its answer in the same one, under the request's key if it has one: after a crash at any moment either
    /// both are there, and a repeat gets the answer, or neither, and a repeat does the work.
    /// </summary>
    /// <param name="database">Where the work is done.</param>
    /// <param name="context">The request.</param>
    /// <param name="work">As for <see cref="Database.WriteAsync{T}"/>; what it refuses it throws, as an <see cref="ApiErrorException"/> say.</param>
    /// <returns>What the endpoint returns.</returns>
    public static async Task<IResult> WriteOnceAsync(this Database database, HttpContext context, Func<UnitOfWork, CancellationToken, Task<KeptAnswer>> work)
    {
        return await database.WriteAsync(async (unit, cancellationToken) => await KeepAsync(context, unit, await work(unit, cancellationToken), cancellationToken), context.RequestAborted);
    }

    /// <summary>Keeps an answer in the transaction of its work, under the request's key if it has one.</summary>
    /// <returns>What the endpoint returns when the transaction is committed.</returns>
    public static async Task<IResult> KeepAsync(HttpContext context, UnitOfWork unit, KeptAnswer made, CancellationToken cancellationToken)
    {
        var json = context.RequestServices.GetRequiredService<IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions>>().Value.SerializerOptions;
        var limit = context.RequestServices.GetRequiredService<IOptions<IdempotencyOptions>>().Value.MaxResponseBytes;
        var body = made.Value is null ? [] : JsonSerializer.SerializeToUtf8Bytes(made.Value, made.Value.GetType(), json);
        var answer = new IdempotentAnswer(made.Status, made.Value is null ? null : "application/json; charset=utf-8", made.Location, made.ETag, body) { Cookies = made.Cookie };

        // One that is too large is left to the endpoint, which says so to a repeat.
        if (context.Features.Get<IdempotentRequest>() is { Store: DatabaseIdempotencyStore store } request && body.Length <= limit)
        {
            await store.KeepAsync(unit, request, answer, cancellationToken);
        }

        return new Result(answer);
    }

    private sealed class Result(IdempotentAnswer answer) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = answer.Status;
            response.Headers.Location = answer.Location;
            response.Headers.ETag = answer.ETag;
            response.Headers.SetCookie = answer.Cookies;
            if (answer.ContentType is null)
            {
                return Task.CompletedTask;
            }

            response.ContentType = answer.ContentType;
            response.ContentLength = answer.Body.Length;
            return response.Body.WriteAsync(answer.Body, httpContext.RequestAborted).AsTask();
        }
    }
}
