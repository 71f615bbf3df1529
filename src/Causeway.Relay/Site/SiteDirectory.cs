using Microsoft.Extensions.Logging;

namespace Causeway.Relay;

/// <summary>The directory of a site. Opens what is really in it: a link that leads outside is as good as missing.</summary>
/// <remarks>The directory itself may be a link that a deployment swaps; it is followed anew each time.</remarks>
internal sealed class SiteDirectory(string path, ILogger logger)
{
    /// <summary>Opens a file; null where there is none that may be served.</summary>
    /// <param name="relative">As <see cref="SitePath.Relative"/>, perhaps with a suffix.</param>
    public SiteFile? Open(string relative)
    {
        if (Resolve(relative) is not { } real)
        {
            return null;
        }

        try
        {
            return SiteFile.Open(real);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            // It was there a moment ago: a deployment is under way.
            return null;
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            if (!Directory.Exists(real))
            {
                logger.SiteFileNotReadable(relative, exception);
            }

            return null;
        }
    }

    /// <summary>Whether it has this file.</summary>
    public bool HasFile(string relative) => Resolve(relative) is { } real && File.Exists(real);

    /// <summary>Whether something has this name; <see cref="Open"/> tells what. Cheap, since it is asked for each request.</summary>
    public bool HasName(string relative) => File.Exists(Path.Join(path, relative));

    private string? Resolve(string relative)
    {
        if (RealPath.Of(path) is not { } root || RealPath.Of(Path.Join(root, relative)) is not { } real)
        {
            return null;
        }

        if (real.Length == root.Length ? real == root : IsBelow(root, real))
        {
            return real;
        }

        logger.SiteLinkRefused(relative);
        return null;
    }

    private static bool IsBelow(string root, string real) =>
        real.StartsWith(root, StringComparison.Ordinal) && (root[^1] == Path.DirectorySeparatorChar || real[root.Length] == Path.DirectorySeparatorChar);
}
