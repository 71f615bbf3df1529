using System.Globalization;
using System.Text;

namespace Causeway.Hosting;

/// <summary>Reads <c>/proc</c>. What can't be read (a process that ends meanwhile, or another user's) is null, never an exception.</summary>
internal static class ProcessTable
{
    private static readonly Lazy<string> Boot = new(static () => Text("/proc/sys/kernel/random/boot_id")?.Trim() ?? "");

    /// <summary>Names this boot of this machine; empty where the system is not Linux.</summary>
    public static string BootId => Boot.Value;

    /// <summary>Every process id there is; none where the system is not Linux.</summary>
    public static IEnumerable<int> Ids()
    {
        if (!OperatingSystem.IsLinux())
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                yield return id;
            }
        }
    }

    /// <summary>Its state, family and start.</summary>
    public static ProcessStat? Stat(int processId)
    {
        // The name in brackets is the program's to choose and may hold brackets and spaces: what follows the last one counts.
        if (Text(PathOf(processId, "stat")) is not { } text || text.LastIndexOf(") ", StringComparison.Ordinal) is var bracket && bracket < 0)
        {
            return null;
        }

        var fields = text[(bracket + 2)..].Split(' ');
        return fields.Length > 19 && fields[0].Length == 1
            && Number(fields[1], out var parent)
            && Number(fields[2], out var group)
            && Number(fields[3], out var session)
            && long.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out var start)
            ? new ProcessStat(processId, fields[0][0], parent, group, session, start)
            : null;
    }

    /// <summary>The program's file; one that was replaced meanwhile ends in <c> (deleted)</c>.</summary>
    public static string? Executable(int processId)
    {
        try
        {
            return File.ResolveLinkTarget(PathOf(processId, "exe"), returnFinalTarget: false)?.FullName;
        }
        catch (Exception exception) when (IsGone(exception))
        {
            return null;
        }
    }

    /// <summary>The program and its arguments; empty for a thread of the kernel or a process that has ended.</summary>
    public static IReadOnlyList<string>? CommandLine(int processId) => List(PathOf(processId, "cmdline"));

    /// <summary>The command line on one line, for people; null where there is none.</summary>
    public static string? Command(int processId) => CommandLine(processId) is { Count: > 0 } parts ? string.Join(' ', parts) : null;

    /// <summary>The user it acts as.</summary>
    public static uint? UserId(int processId)
    {
        const string Label = "\nUid:\t";
        if (Text(PathOf(processId, "status")) is not { } text || text.IndexOf(Label, StringComparison.Ordinal) is var start && start < 0)
        {
            return null;
        }

        // Real, effective, saved and file system.
        var fields = text[(start + Label.Length)..].Split('\n', 2)[0].Split('\t');
        return fields.Length == 4 && uint.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }

    /// <summary>A variable of the environment it was started with; readable for processes of the own user, and for root.</summary>
    public static string? Variable(int processId, string name)
    {
        foreach (var entry in List(PathOf(processId, "environ")) ?? [])
        {
            if (entry.Length > name.Length && entry[name.Length] == '=' && entry.StartsWith(name, StringComparison.Ordinal))
            {
                return entry[(name.Length + 1)..];
            }
        }

        return null;
    }

    private static string PathOf(int processId, string file) => string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{file}");

    private static bool Number(string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static string[]? List(string path) => Text(path)?.Split('\0', StringSplitOptions.RemoveEmptyEntries);

    private static string? Text(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() ? File.ReadAllText(path, Encoding.UTF8) : null;
        }
        catch (Exception exception) when (IsGone(exception))
        {
            return null;
        }
    }

    /// <summary>A process that ends between the opening of its file and the reading gives ESRCH, which is an <see cref="IOException"/>.</summary>
    private static bool IsGone(Exception exception) => exception is IOException or UnauthorizedAccessException;
}
