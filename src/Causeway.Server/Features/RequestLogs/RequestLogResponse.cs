using Causeway.Http;

namespace Causeway.Server;

/// <summary>The log of requests as the API shows it.</summary>
internal sealed record RequestLogResponse
{
    /// <summary>Whether requests are logged now.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Whether their headers are.</summary>
    public required bool Headers { get; init; }

    /// <summary>Whether their JSON bodies are.</summary>
    public required bool Bodies { get; init; }

    /// <summary>How much of a body.</summary>
    public required int MaxBodyBytes { get; init; }

    /// <summary>Only requests whose path begins so; null for all.</summary>
    public required string? PathPrefix { get; init; }

    /// <summary>When it goes back to what is configured; null where that is in force.</summary>
    public required DateTimeOffset? Until { get; init; }

    public static RequestLogResponse From(RequestLog log)
    {
        var rules = log.Rules;
        var shown = rules ?? new RequestLogRules();
        return new RequestLogResponse
        {
            Enabled = rules is not null,
            Headers = shown.Headers,
            Bodies = shown.Bodies,
            MaxBodyBytes = shown.MaxBodyBytes,
            PathPrefix = shown.PathPrefix,
            Until = log.Until,
        };
    }
}
