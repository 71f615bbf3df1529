using System.ComponentModel.DataAnnotations;

namespace Causeway.Http;

/// <summary>Which hosts are served, and which other sites may ask.</summary>
public sealed class HostAndOriginOptions : IValidatableObject
{
    /// <summary>Host names that are served besides the local ones and the public URL's; <c>*.example.com</c> takes every name below it, <c>*</c> any.</summary>
    /// <value>Names or addresses without a port. Default none.</value>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>Origins of pages of other sites that may ask, such as <c>https://app.example.com</c>; the public URL's needs no entry.</summary>
    /// <value>Default none.</value>
    public IList<string> AllowedOrigins { get; } = [];

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        foreach (var host in AllowedHosts)
        {
            var name = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host;
            if (host != "*" && Uri.CheckHostName(name) == UriHostNameType.Unknown)
            {
                yield return new ValidationResult($"Auth:AllowedHosts: '{host}' is no host name; give it without scheme and port.", [nameof(AllowedHosts)]);
            }
        }

        foreach (var origin in AllowedOrigins)
        {
            if (!OriginPolicy.IsOrigin(origin))
            {
                yield return new ValidationResult(
                    $"Auth:AllowedOrigins: '{origin}' is no origin; give scheme, host and port only, as in https://app.example.com.", [nameof(AllowedOrigins)]);
            }
        }
    }
}
