using System.Runtime.InteropServices;

namespace Causeway.Hosting;

/// <summary>Signals of Unix to a process and to a process group.</summary>
internal static class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;
    private const int NotPermitted = 1;

    /// <summary>Sends a signal to every member of a group; false where it has none.</summary>
    public static bool SendToGroup(int groupId, int signal) => Send(-groupId, signal) == 0;

    /// <summary>Sends a signal to a child that was not waited for yet, whose id is therefore still its own; false where it has ended.</summary>
    public static bool SendToChild(int processId, int signal) => Send(processId, signal) == 0;

    /// <summary>Whether a group has members.</summary>
    public static bool HasMembers(int groupId) => Send(-groupId, 0) == 0 || Marshal.GetLastPInvokeError() == NotPermitted;

    /// <summary>The usual name, such as <c>SIGKILL</c>; the number for the others.</summary>
    public static string NameOf(int signal) => signal switch
    {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        Kill => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        Terminate => "SIGTERM",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"signal {signal}"),
    };

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Send(int processId, int signal);
}
