using System.Collections.Concurrent;
using System.Diagnostics;
using Causeway.Data;
using Causeway.Testing;

namespace Causeway.Jobs.Tests;

/// <summary>A worker as a process of its own, on a database that is there already.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private WorkerProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static async Task<WorkerProcess> StartAsync(DatabaseProvider provider, string place)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Causeway.Testing.Jobs.dll"), provider == DatabaseProvider.Postgres ? "postgres" : "sqlite", place])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var worker = new WorkerProcess(Process.Start(start)!);
        try
        {
            await worker.SaysAsync("running");
            return worker;
        }
        catch
        {
            worker.Dispose();
            throw;
        }
    }

    public Task SaysAsync(string line) => Eventually.True(() => _lines.Contains(line), what: $"\"{line}\" among: {string.Join(" | ", _lines)}");

    /// <summary>As <c>kill -9</c>: nothing is tidied up.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Within();
    }

    /// <summary>As <c>kill</c>: it is asked to stop.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync().Within();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
    }
}
