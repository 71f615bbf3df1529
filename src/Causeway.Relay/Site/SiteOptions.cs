using System.ComponentModel.DataAnnotations;
using Causeway.Hosting;

namespace Causeway.Relay;

/// <summary>A static site with a single page that answers deep links.</summary>
public sealed class SiteOptions : IValidatableObject
{
    /// <summary>The paths that are never the site's, with everything below them: those of the service itself.</summary>
    public static IReadOnlyList<string> AlwaysReserved { get; } =
        ["/api", "/ws", "/sse", "/health", "/ready", "/metrics", "/openapi", "/asyncapi.json", "/docs", "/_console"];

    /// <summary>The directory of the built site; null for none.</summary>
    /// <value>A path, relative to the working directory. Default null.</value>
    public string? Directory { get; set; }

    /// <summary>The page that answers navigation to paths that are no file.</summary>
    /// <value>A file in <see cref="Directory"/>. Default <c>index.html</c>. A page named <c>404.html</c> is sent with status 404.</value>
    [Required]
    public string Fallback { get; set; } = "index.html";

    /// <summary>Further paths that are not the site's, with everything below them: neither a file nor the page is served there.</summary>
    /// <value>Paths such as <c>/internal</c>, compared without case. Default none; <see cref="AlwaysReserved"/> need not be named.</value>
    public IList<string> Reserved { get; } = [];

    /// <summary>What is wrong with the files the options name; the keys are relative to this section.</summary>
    /// <param name="workingDirectory">Where relative paths start.</param>
    public IEnumerable<ConfigurationProblem> Problems(string workingDirectory)
    {
        if (Directory is null)
        {
            yield break;
        }

        var directory = Path.GetFullPath(Directory, workingDirectory);
        if (!System.IO.Directory.Exists(directory))
        {
            yield return new ConfigurationProblem(nameof(Directory), $"names {directory}, which is no directory; build the site first, or correct the path");
        }
        else if (SitePath.Of("/" + Fallback) is { Kind: SitePathKind.File } && !File.Exists(Path.Combine(directory, Fallback)))
        {
            yield return new ConfigurationProblem(nameof(Fallback), $"names {Fallback}, which is not in {directory}");
        }
    }

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (Directory is not null && Directory.AsSpan().IsWhiteSpace())
        {
            yield return new ValidationResult("it must name a directory, or be left out", [nameof(Directory)]);
        }

        if (Fallback is not null && SitePath.Of("/" + Fallback) is not { Kind: SitePathKind.File })
        {
            yield return new ValidationResult("it must name a file inside the directory, such as index.html", [nameof(Fallback)]);
        }

        for (var i = 0; i < Reserved.Count; i++)
        {
            if (Reserved[i] is not ['/', not '/', ..])
            {
                yield return new ValidationResult("it must be a path such as /internal", [$"{nameof(Reserved)}:{i}"]);
            }
        }
    }
}
