using System.ComponentModel.DataAnnotations;

namespace Causeway.Http;

/// <summary>What the security headers say.</summary>
public sealed class SecurityHeadersOptions : IValidatableObject
{
    /// <summary>
    /// The policy for pages that consist of their own files only: scripts are modules of the same origin, connections go to the same origin
    /// (WebSockets included), nothing is inlined, nobody may frame it.
    /// </summary>
    public const string OwnFilesOnly =
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>The policy for answers that are no pages, such as JSON: should a browser show one nevertheless, it loads and runs nothing.</summary>
    public const string DataOnly = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The <c>Content-Security-Policy</c>.</summary>
    /// <value>Default <see cref="OwnFilesOnly"/>; null sends none, for a site that brings its own.</value>
    public string? ContentSecurityPolicy { get; set; } = OwnFilesOnly;

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (ContentSecurityPolicy is { } policy && (policy.Length == 0 || policy.AsSpan().ContainsAnyExceptInRange(' ', '~')))
        {
            yield return new ValidationResult("ContentSecurityPolicy must be printable ASCII, or null for none.", [nameof(ContentSecurityPolicy)]);
        }
    }
}
