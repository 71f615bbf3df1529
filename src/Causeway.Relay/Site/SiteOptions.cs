using System.ComponentModel.DataAnnotations;

namespace Causeway.Relay;

/// <summary>A static site with a single page that answers deep links.</summary>
public sealed class SiteOptions
{
    /// <summary>The directory of the built site; null for none.</summary>
    /// <value>A path, relative to the working directory. Default null.</value>
    public string? Directory { get; set; }

    /// <summary>The page that answers navigation to paths that are no file.</summary>
    /// <value>A file in <see cref="Directory"/>. Default <c>index.html</c>.</value>
    [Required]
    public string Fallback { get; set; } = "index.html";
}
