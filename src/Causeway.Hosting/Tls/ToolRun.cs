using System.ComponentModel;
using System.Diagnostics;

namespace Causeway.Hosting;

/// <summary>What another program said.</summary>
/// <param name="ExitCode">Zero when it went well.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    /// <summary>The last line it complained with, for a person; its exit code where there is none.</summary>
    public string Complaint => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., var last]
        ? last.Length > 120 ? last[..120] + "…" : last
        : $"exit code {ExitCode}";
}

/// <summary>Runs a program that should end soon.</summary>
internal static class ToolRun
{
    /// <summary>The program's full path; null where it isn't installed.</summary>
    /// <param name="name">Without an extension.</param>
    /// <param name="searchPath">As in <c>PATH</c>.</param>
    public static string? Find(string name, string searchPath)
    {
        var file = OperatingSystem.IsWindows() ? name + ".exe" : name;
        return searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, file))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Runs it; null when it took too long (it is killed then) or could not be started.</summary>
    public static async Task<ToolResult?> RunAsync(string program, IEnumerable<string> arguments, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };

        // Our own settings hold secrets, and our sockets and notifications are not its business.
        foreach (var name in start.Environment.Keys.Where(static name => IsOurs(name)).ToList())
        {
            start.Environment.Remove(name);
        }

        using var cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), cut, limit, Timeout.InfiniteTimeSpan);
        Process? process = null;
        try
        {
            process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(cut.Token);
            var error = process.StandardError.ReadToEndAsync(cut.Token);
            await process.WaitForExitAsync(cut.Token).ConfigureAwait(false);
            return new ToolResult(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Win32Exception)
        {
            return null;
        }
        finally
        {
            if (process is { HasExited: false })
            {
                process.Kill(entireProcessTree: true);
            }

            process?.Dispose();
        }
    }

    private static bool IsOurs(string name) =>
        name.StartsWith("CAUSEWAY__", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("LISTEN_", StringComparison.Ordinal)
        || name is "NOTIFY_SOCKET" or "WATCHDOG_PID" or "WATCHDOG_USEC";
}
