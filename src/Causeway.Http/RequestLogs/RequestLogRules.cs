using System.ComponentModel.DataAnnotations;

namespace Causeway.Http;

/// <summary>What is logged of requests, while anything is.</summary>
public sealed record RequestLogRules
{
    /// <summary>The fewest bytes of a body that can be asked for.</summary>
    public const int LeastBodyBytes = 256;

    /// <summary>The most bytes of a body that are ever kept.</summary>
    public const int MostBodyBytes = 65_536;

    /// <summary>Whether the headers of request and answer are.</summary>
    public bool Headers { get; init; }

    /// <summary>Whether the bodies are, those of JSON only.</summary>
    public bool Bodies { get; init; }

    /// <summary>How much of a body; the rest is left out.</summary>
    /// <value>Bytes, 256–65,536. Default 4,096.</value>
    [Range(LeastBodyBytes, MostBodyBytes)]
    public int MaxBodyBytes { get; init; } = 4_096;

    /// <summary>Only requests whose path begins so, whole segments.</summary>
    /// <value>Default null: all.</value>
    public string? PathPrefix { get; init; }
}
