namespace Causeway.Http;

/// <summary>What is asked of updates.</summary>
public sealed class RequestConditionOptions
{
    /// <summary>Whether an update of something that exists must say which version it means; one that does not is refused with 428.</summary>
    /// <value>Default false: without <c>If-Match</c> the last one wins.</value>
    public bool RequireIfMatch { get; set; }
}
