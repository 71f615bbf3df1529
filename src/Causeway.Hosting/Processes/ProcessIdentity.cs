using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Causeway.Hosting;

/// <summary>One process and no other: an id alone is given away again.</summary>
/// <param name="ProcessId">Its id.</param>
/// <param name="StartTicks">When it started: clock ticks since the boot on Linux, ticks of the calendar elsewhere.</param>
/// <param name="BootId">The boot of the machine it belongs to; empty where the system is not Linux.</param>
internal sealed record ProcessIdentity(int ProcessId, long StartTicks, string BootId)
{
    private static readonly Lazy<ProcessIdentity> Self = new(static () =>
        Find(Environment.ProcessId) ?? new ProcessIdentity(Environment.ProcessId, 0, ProcessTable.BootId));

    /// <summary>This process.</summary>
    public static ProcessIdentity Own => Self.Value;

    /// <summary>True while exactly this process runs; one that has ended and waits for its parent does not.</summary>
    [JsonIgnore]
    public bool IsRunning => Find(ProcessId) == this;

    /// <summary>Who has this id now; null for nobody.</summary>
    public static ProcessIdentity? Find(int processId)
    {
        if (OperatingSystem.IsLinux())
        {
            return ProcessTable.Stat(processId) is { HasEnded: false } stat ? new(processId, stat.StartTicks, ProcessTable.BootId) : null;
        }

        try
        {
            using var process = Process.GetProcessById(processId);
            return process.HasExited ? null : new(processId, process.StartTime.ToUniversalTime().Ticks, "");
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or Win32Exception or NotSupportedException)
        {
            return null;
        }
    }
}
