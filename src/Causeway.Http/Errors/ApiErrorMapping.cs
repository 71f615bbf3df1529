namespace Causeway.Http;

/// <summary>What an exception of another library is told as.</summary>
internal sealed record ApiErrorMapping(Func<Exception, ApiError?> Describe);
