using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Whether requests are logged, and what of them. A reload changes it; an admin may change it for a while (<c>PUT /api/v1/request-log</c>).</summary>
internal sealed partial class RequestLogSettings : IValidatableObject
{
    public const string PathPrefixRule = "Must be / and at most 199 of A-Z a-z 0-9 _ . : / -, as in /api/v1/rooms.";
    public const string PathPrefixPattern = "^/[A-Za-z0-9_.:/-]{0,199}$";

    /// <summary>Whether they are.</summary>
    /// <value>Default false.</value>
    public bool Enabled { get; set; }

    /// <summary>Whether their headers are; credentials among them are masked.</summary>
    /// <value>Default false.</value>
    public bool Headers { get; set; }

    /// <summary>Whether their JSON bodies are; fields whose names tell of a secret are masked.</summary>
    /// <value>Default false.</value>
    public bool Bodies { get; set; }

    /// <summary>How much of a body.</summary>
    /// <value>Bytes, 256–65,536. Default 4,096.</value>
    [Range(RequestLogRules.LeastBodyBytes, RequestLogRules.MostBodyBytes)]
    public int MaxBodyBytes { get; set; } = 4_096;

    /// <summary>Only requests whose path begins so, whole segments.</summary>
    /// <value>Default null: all.</value>
    public string? PathPrefix { get; set; }

    public static bool IsPathPrefix(string? text) => text is null || PathPrefixText().IsMatch(text) && !text.EndsWith('\n');

    public RequestLogRules? ToRules() => Enabled
        ? new RequestLogRules { Headers = Headers, Bodies = Bodies, MaxBodyBytes = MaxBodyBytes, PathPrefix = PathPrefix }
        : null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsPathPrefix(PathPrefix))
        {
            yield return new ValidationResult(PathPrefixRule, [nameof(PathPrefix)]);
        }
    }

    [GeneratedRegex(PathPrefixPattern, RegexOptions.CultureInvariant)]
    private static partial Regex PathPrefixText();
}
