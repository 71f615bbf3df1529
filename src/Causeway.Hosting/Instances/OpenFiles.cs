using System.Globalization;

namespace Causeway.Hosting;

/// <summary>What processes have open.</summary>
internal static class OpenFiles
{
    /// <summary>The open files of a process as the kernel names them (a path, <c>socket:[123]</c>); null where they may not be read, empty where it has ended.</summary>
    public static IReadOnlyList<string>? Of(int pid)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")).Select(Target).OfType<string>()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Target(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
