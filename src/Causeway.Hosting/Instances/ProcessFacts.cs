using System.Globalization;

namespace Causeway.Hosting;

/// <summary>Who a process is, for people and for comparing.</summary>
/// <param name="Identity">The process and no other.</param>
/// <param name="UserId">The user it acts as.</param>
/// <param name="CommandLine">The program and its arguments; empty for a thread of the kernel.</param>
/// <param name="Executable">The file it runs; null where that may not be read.</param>
internal sealed record ProcessFacts(ProcessIdentity Identity, uint UserId, IReadOnlyList<string> CommandLine, string? Executable)
{
    private const int TicksPerSecond = 100;
    private const int CommandLength = 160;
    private const string Deleted = " (deleted)";

    private static readonly string[] Secrets = ["key", "secret", "token", "password", "connectionstring"];

    private static readonly Lazy<long> BootSeconds = new(static () => long.Parse(
        File.ReadLines("/proc/stat").First(static line => line.StartsWith("btime ", StringComparison.Ordinal)).AsSpan(6), CultureInfo.InvariantCulture));

    public int Pid => Identity.ProcessId;

    /// <summary>When it started, to the second or so.</summary>
    public DateTimeOffset StartedAt => DateTimeOffset.FromUnixTimeSeconds(BootSeconds.Value).AddSeconds((double)Identity.StartTicks / TicksPerSecond);

    /// <summary>The command line in one printable line of bounded length, credentials masked.</summary>
    public string Command
    {
        get
        {
            var printable = Redaction.Redact(string.Concat(string.Join(' ', CommandLine.Select(Masked)).Select(static c => char.IsControl(c) ? ' ' : c)));
            return printable.Length <= CommandLength ? printable : printable[..CommandLength] + "…";
        }
    }

    /// <summary>Reads a process; null where none of this id runs, or where this system hides it.</summary>
    public static ProcessFacts? TryRead(int pid) =>
        ProcessIdentity.Find(pid) is { } identity && ProcessTable.UserId(pid) is { } user
            ? new ProcessFacts(identity, user, ProcessTable.CommandLine(pid) ?? [], ProcessTable.Executable(pid))
            : null;

    /// <summary>Whether a program's path read from <c>/proc</c> is this one; one that was replaced while it runs is listed as deleted.</summary>
    public static bool IsSameProgram(string? found, string? expected) =>
        found is not null && expected is not null && Clean(found) == Clean(expected);

    /// <summary>A flag whose name says that its value is nobody's business loses it.</summary>
    private static string Masked(string argument)
    {
        var value = argument.IndexOf('=', StringComparison.Ordinal) + 1;
        return value > 0 && argument.StartsWith('-') && Array.Exists(Secrets, name => argument.AsSpan(0, value - 1).EndsWith(name, StringComparison.OrdinalIgnoreCase))
            ? argument[..value] + Redaction.Mask
            : argument;
    }

    private static string Clean(string path) => path.EndsWith(Deleted, StringComparison.Ordinal) ? path[..^Deleted.Length] : path;
}
