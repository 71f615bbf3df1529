using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Causeway.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>Takes a file: the body is the file, or a form with it. With an <c>Idempotency-Key</c>, once.</summary>
internal static class UploadFile
{
    private const string KeyHeader = "Idempotency-Key";
    private const string ReplayedHeader = "Idempotency-Replayed";
    private const int MaxKeyLength = 255;

    public static async Task<IResult> HandleAsync(
        [Description("What it is to be called; else the name in Content-Disposition, or in the form.")] string? name,
        HttpContext context,
        Caller caller,
        FileUploads uploads,
        DatabaseIdempotencyStore keys,
        IOptions<JsonOptions> json)
    {
        if (!FileAccess.MayUpload(caller))
        {
            return AccessErrors.Forbidden.ToResult();
        }

        var header = context.Request.Headers[KeyHeader];
        if (header.Count == 0)
        {
            return Created(FileResponse.From(await uploads.TakeAsync(context, name, caller)));
        }

        return header is [{ Length: > 0 and <= MaxKeyLength } text] && !text.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? await TakeOnceAsync(name, context, caller, uploads, keys, json.Value.SerializerOptions, text)
            : Refusal(ErrorCode.ValidationError, $"{KeyHeader} must stand once and have 1 to {MaxKeyLength} printable ASCII characters.");
    }

    /// <summary>
    /// The rule of every idempotency key, for a body that is too large to be kept and compared: a repeat sends the file again, which is hashed and thrown away, and
    /// is the same request if it is the same file.
    /// </summary>
    private static async Task<IResult> TakeOnceAsync(
        string? name, HttpContext context, Caller caller, FileUploads uploads, DatabaseIdempotencyStore keys, JsonSerializerOptions json, string text)
    {
        var key = new IdempotencyKey(caller.Principal, $"{context.Request.Method} {context.Request.Path}", text);
        var claim = await keys.ClaimAsync(key, SHA256.HashData(Encoding.UTF8.GetBytes($"file:{name}")), context.RequestAborted);
        switch (claim.Status)
        {
            case IdempotencyStatus.Claimed:
                return await TakeClaimedAsync(name, context, caller, uploads, keys, json, key);
            case IdempotencyStatus.Answered when claim.Answer is { } answer:
                return await RepeatAsync(context, uploads, JsonSerializer.Deserialize<FileResponse>(answer.Body.Span, json)!);
            case IdempotencyStatus.Mismatch:
                return Refusal(ErrorCode.ValidationError, $"This {KeyHeader} was used for another request; a new request needs a new key.");
            case IdempotencyStatus.InProgress:
                return Refusal(ErrorCode.Conflict, $"The first request with this {KeyHeader} is still running; ask again.");
            default:
                return new ApiError(ErrorCode.Unavailable, $"Too many requests with an {KeyHeader} are running.") { RetryAfter = TimeSpan.FromSeconds(1) }.ToResult();
        }
    }

    private static async Task<IResult> TakeClaimedAsync(
        string? name, HttpContext context, Caller caller, FileUploads uploads, DatabaseIdempotencyStore keys, JsonSerializerOptions json, IdempotencyKey key)
    {
        try
        {
            // With the row: after a crash at any moment a repeat finds both or neither.
            return Created(FileResponse.From(await uploads.TakeAsync(context, name, caller, (unit, row, token) => keys.KeepAsync(unit, key, AnswerOf(FileResponse.From(row), json), token))));
        }
        catch
        {
            await keys.ReleaseAsync(key);
            throw;
        }
    }

    private static async Task<IResult> RepeatAsync(HttpContext context, FileUploads uploads, FileResponse first)
    {
        var again = await uploads.ReadAsync(context);
        if (!again.Sha256.Span.SequenceEqual(Convert.FromHexString(first.Sha256)))
        {
            return Refusal(ErrorCode.ValidationError, $"This {KeyHeader} was used for another file; a new file needs a new key.");
        }

        context.Response.Headers[ReplayedHeader] = "true";
        return Created(first);
    }

    private static IdempotentAnswer AnswerOf(FileResponse file, JsonSerializerOptions json) => new(
        StatusCodes.Status201Created, "application/json; charset=utf-8", FileResponse.PathOf(file.Id), null, JsonSerializer.SerializeToUtf8Bytes(file, json));

    private static IResult Created(FileResponse file) => TypedResults.Created(FileResponse.PathOf(file.Id), file).WithETag(1);

    private static IResult Refusal(ErrorCode code, string message) => new ApiError(code, message) { Details = new() { ["header"] = KeyHeader } }.ToResult();
}
