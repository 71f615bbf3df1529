using System.ComponentModel;
using System.Diagnostics;

namespace Causeway.Hosting;

/// <summary>The small programs of the system that a child is started through.</summary>
/// <param name="SetPriv">Ties the child's life to the service's and changes its user (util-linux); null where it is not installed or can't.</param>
/// <param name="SetSid">Gives the child a session and a process group of its own; null where there is none.</param>
internal sealed record SpawnTools(string? SetPriv, string? SetSid)
{
    public const string Shell = "/bin/sh";

    private static readonly string[] Directories = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
    private static readonly string[] Attempt = ["--pdeathsig", "KILL", "--", Shell, "-c", ":"];
    private static readonly Lazy<Task<SpawnTools>> Found = new(FindAsync);

    /// <summary>Those of this machine, looked for once.</summary>
    public static Task<SpawnTools> OfThisMachine => Found.Value;

    /// <summary>Neither.</summary>
    public static SpawnTools None { get; } = new(null, null);

    private static async Task<SpawnTools> FindAsync()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(Shell))
        {
            return None;
        }

        var setPriv = Locate("setpriv");

        // BusyBox has a program of this name that can't do it.
        var works = setPriv is not null && await SucceedsAsync(setPriv, Attempt).ConfigureAwait(false);
        return new SpawnTools(works ? setPriv : null, Locate("setsid"));
    }

    private static string? Locate(string name) =>
        Directories.Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);

    private static async Task<bool> SucceedsAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        ChildEnvironment.Scrub(start.Environment);
        try
        {
            using var process = await Spawner.StartAsync(start).ConfigureAwait(false);
            await process.WaitForExitAsync().ConfigureAwait(false);
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
