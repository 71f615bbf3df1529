using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>One refusal or failure, ready to be told to a client in the one error shape.</summary>
/// <param name="Code">What went wrong.</param>
/// <param name="Message">One sentence for a person; never a stack trace, SQL text or path.</param>
public sealed record ApiError(ErrorCode Code, string Message)
{
    /// <summary>What a program can use: field names, limits, times. Null becomes <c>{}</c> on the wire.</summary>
    public JsonObject? Details { get; init; }

    /// <summary>When to try again; becomes the <c>Retry-After</c> header, in whole seconds rounded up.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The HTTP status, where it is not the code's own.</summary>
    public int? Status { get; init; }

    /// <summary>The error as an endpoint's result.</summary>
    public IResult ToResult() => new ApiErrorResult(this);
}
