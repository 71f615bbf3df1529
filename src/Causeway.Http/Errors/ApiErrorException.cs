using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>A refusal raised where no result can be returned, such as while a parameter is bound; <c>UseApiErrors</c> answers with its error.</summary>
/// <param name="error">What the client is told.</param>
/// <remarks>Handlers return <see cref="ApiError.ToResult"/> instead.</remarks>
public sealed class ApiErrorException(ApiError error)
    : BadHttpRequestException((error ?? throw new ArgumentNullException(nameof(error))).Message, error.Status ?? error.Code.Status)
{
    /// <summary>What the client is told.</summary>
    public ApiError Error { get; } = error;
}
