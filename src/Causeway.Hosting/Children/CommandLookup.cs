namespace Causeway.Hosting;

/// <summary>Finds a configured program before anything is started, so that an error names what was configured and not a tool of ours.</summary>
internal static class CommandLookup
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The program's file.</summary>
    /// <param name="program">As configured.</param>
    /// <param name="directory">The child's working directory, as a full path.</param>
    /// <param name="path">The child's <c>PATH</c>.</param>
    /// <exception cref="ChildStartException">There is no such program, or it can't be executed.</exception>
    public static string Find(string program, string directory, string? path)
    {
        var isPath = program.Contains('/', StringComparison.Ordinal);
        var places = isPath
            ? [Path.GetFullPath(program, directory)]
            : (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Select(place => Path.GetFullPath(Path.Combine(place, program), directory));
        var isThere = false;
        foreach (var place in places)
        {
            if (!File.Exists(place))
            {
                continue;
            }

            isThere = true;
            if (OperatingSystem.IsWindows() || (TargetModeOf(place) & AnyExecute) != UnixFileMode.None)
            {
                return place;
            }
        }

        throw new ChildStartException(isThere
            ? $"'{program}' may not be executed: it lacks the right (chmod +x)."
            : isPath
                ? $"'{program}' is no file{(Path.IsPathRooted(program) ? "" : $" in {directory}")}."
                : $"'{program}' is in no directory of PATH.");
    }

    private static UnixFileMode TargetModeOf(string path)
    {
        try
        {
            return OperatingSystem.IsWindows() ? AnyExecute : (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).UnixFileMode;
        }
        catch (IOException)
        {
            return UnixFileMode.None;
        }
    }
}
