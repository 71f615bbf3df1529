using System.ComponentModel.DataAnnotations;

namespace Causeway.Relay;

/// <summary>What stands behind the service: a static site, and the backends that paths are relayed to.</summary>
public sealed class RelayOptions : IValidatableObject
{
    /// <summary>The static site.</summary>
    public SiteOptions Site { get; } = new();

    /// <summary>Which path goes to which backend.</summary>
    public IList<RouteOptions> Routes { get; } = [];

    /// <summary>The backends by name.</summary>
    public IDictionary<string, BackendOptions> Backends { get; } = new Dictionary<string, BackendOptions>(StringComparer.OrdinalIgnoreCase);

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        foreach (var name in Backends.Keys)
        {
            // It becomes part of file names and labels.
            if (name.Length is 0 or > 64 || name[0] == '.' || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
            {
                yield return new ValidationResult("a backend's name is 1 to 64 of A-Z a-z 0-9 _ - . and begins with no dot", [$"{nameof(Backends)}:{name}"]);
            }
        }

        for (var i = 0; i < Routes.Count; i++)
        {
            if (Routes[i].Path is { } path && Routes.Take(i).Any(other => path.Equals(other.Path, StringComparison.OrdinalIgnoreCase)))
            {
                yield return new ValidationResult($"there is another route with the path {path}", [$"{nameof(Routes)}:{i}:{nameof(RouteOptions.Path)}"]);
            }

            if (Routes[i].Backend is { } backend && !Backends.ContainsKey(backend))
            {
                yield return new ValidationResult($"there is no backend '{backend}' under Relay:Backends", [$"{nameof(Routes)}:{i}:{nameof(RouteOptions.Backend)}"]);
            }
        }
    }
}
