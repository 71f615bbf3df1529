using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>Writes an <see cref="ApiError"/> as the response.</summary>
internal sealed class ApiErrorResult(ApiError error) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => error.Status ?? error.Code.Status;

    public Task ExecuteAsync(HttpContext httpContext) => ErrorWriter.WriteAsync(httpContext, error);
}
