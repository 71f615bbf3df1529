using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Logging;

namespace Causeway.Http;

/// <summary>Answers for whatever the rest of the pipeline leaves unanswered: exceptions, and refusals without a body.</summary>
internal sealed class ApiErrorsMiddleware(RequestDelegate next, ApiErrorMapping[] mappings, ILogger logger)
{
    private const int ClientClosedRequest = 499;

    private static readonly ApiError Internal =
        new(ErrorCode.InternalError, "The server failed; its log has the story under the request id.");

    private static readonly ApiError BadChunk = new(ErrorCode.InvalidMessage, "The body's chunks can't be read.");

    public Task InvokeAsync(HttpContext context)
    {
        Task task;
        try
        {
            task = next(context);
        }
        catch (Exception exception)
        {
            return AnswerAsync(context, exception);
        }

        // The common case needs no state machine; neither does a response that is on its way.
        return task.IsCompletedSuccessfully ? CompleteAsync(context) : AwaitAsync(context, task);
    }

    private async Task AwaitAsync(HttpContext context, Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            await AnswerAsync(context, exception).ConfigureAwait(false);
            return;
        }

        await CompleteAsync(context).ConfigureAwait(false);
    }

    private static Task CompleteAsync(HttpContext context)
    {
        var response = context.Response;
        if (response.HasStarted
            || response.StatusCode is < 400 or ClientClosedRequest
            || response.ContentLength > 0
            || response.ContentType is not null
            || HasUnsentBody(response)
            || context.GetEndpoint()?.Metadata.GetMetadata<ISkipStatusCodePagesMetadata>() is not null)
        {
            return Task.CompletedTask;
        }

        return ErrorWriter.WriteAsync(context, StatusErrors.Describe(response));
    }

    private Task AnswerAsync(HttpContext context, Exception exception)
    {
        if (HasLeft(context, exception))
        {
            logger.ClientLeft(context.Request.Method, context.Request.Path);
            if (!context.Response.HasStarted)
            {
                context.Response.StatusCode = ClientClosedRequest;
            }

            return Task.CompletedTask;
        }

        ApiError error;
        if (exception is BadHttpRequestException refused)
        {
            logger.RequestRefused(refused, refused.StatusCode, context.Request.Method, context.Request.Path);
            error = BadRequests.Describe(refused);
        }
        else if (exception is IOException { InnerException: OverflowException })
        {
            // A chunk that says it is longer than any number; the server tells that in another way than what else is wrong with chunks.
            logger.RequestRefused(exception, StatusCodes.Status400BadRequest, context.Request.Method, context.Request.Path);
            context.Response.Headers.Connection = "close";
            error = BadChunk;
        }
        else if (mappings.Select(mapping => mapping.Describe(exception)).FirstOrDefault(static described => described is not null) is { } described)
        {
            logger.RequestRefused(exception, described.Status ?? described.Code.Status, context.Request.Method, context.Request.Path);
            error = described;
        }
        else
        {
            logger.RequestFailed(exception, context.TraceIdentifier, context.Request.Method, context.Request.Path);
            error = Internal;
        }

        if (context.Response.HasStarted || HasUnsentBody(context.Response))
        {
            // Part of another answer is on its way; only a broken connection tells the client that it is not whole.
            context.Abort();
            return Task.CompletedTask;
        }

        return ErrorWriter.WriteAsync(context, error);
    }

    /// <summary>A body that is read can tell of the reset before the request is known to be aborted.</summary>
    private static bool HasLeft(HttpContext context, Exception exception) => exception is ConnectionResetException
        || context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException and not BadHttpRequestException;

    private static bool HasUnsentBody(HttpResponse response) =>
        response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > 0 };
}
