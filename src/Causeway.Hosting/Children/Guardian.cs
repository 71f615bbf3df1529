using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>
/// A tiny shell in a session of its own that outlives the service by a moment. Its standard input is the line of life: when that ends, however the
/// service ended, it kills all that the service's children have started. The kernel takes the children themselves, but not theirs.
/// </summary>
internal sealed class Guardian(ILogger logger) : IAsyncDisposable
{
    // "+ GROUP START ID" and "- GROUP" come on the line. A group whose number belongs to a process with another start is somebody else's now.
    private const string Script = """
        trap '' HUP INT TERM
        exec >/dev/null 2>&1
        children=
        while read -r what group start id; do
          case $what in
            +) children="$children $group:$start:$id" ;;
            -) kept=
               for child in $children; do case $child in "$group":*) ;; *) kept="$kept $child" ;; esac; done
               children=$kept ;;
          esac
        done
        for child in $children; do
          group=${child%%:*} rest=${child#*:}
          start=${rest%%:*}
          if read -r stat < "/proc/$group/stat"; then
            set -f; set -- ${stat##*) }; set +f
            [ "${20}" = "$start" ] || continue
          fi
          kill -s KILL -- "-$group" "$group"
        done
        for child in $children; do
          for file in $(grep -lzxF -- "CAUSEWAY_CHILD=${child##*:}" /proc/[0-9]*/environ); do
            process=${file#/proc/}
            kill -s KILL "${process%/environ}"
          done
        done
        """;

    private readonly Dictionary<int, string> _children = [];
    /// <summary>Exit codes above this are those of a signal.</summary>
    private const int FirstSignalled = 128;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Process? _shell;
    private Task _watch = Task.CompletedTask;
    private bool _isDisposed;

    /// <summary>The shell's process id; null while there is none.</summary>
    public int? ProcessId => _shell?.Id;

    /// <summary>Watches over a child from now on. Does nothing where the system has no sessions.</summary>
    public async Task AddAsync(ProcessIdentity child, string id)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            var line = string.Create(CultureInfo.InvariantCulture, $"+ {child.ProcessId} {child.StartTicks} {id}");
            _children[child.ProcessId] = line;
            await SayAsync(line).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Forgets a child that is gone.</summary>
    public async Task RemoveAsync(int processId)
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_children.Remove(processId) && _shell is not null)
            {
                await SayAsync(string.Create(CultureInfo.InvariantCulture, $"- {processId}")).ConfigureAwait(false);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Ends it; it kills what is still listed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        _isDisposed = true;
        if (_shell is { } shell)
        {
            _shell = null;
            await CloseAsync(shell).ConfigureAwait(false);
        }

        _gate.Release();
        await _watch.WaitAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task CloseAsync(Process shell)
    {
        try
        {
            await shell.StandardInput.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It is gone already.
        }
    }

    private async Task SayAsync(string line)
    {
        if (_isDisposed)
        {
            return;
        }

        if (_shell is { HasExited: false } shell)
        {
            try
            {
                await WriteAsync(shell, line).ConfigureAwait(false);
                return;
            }
            catch (IOException)
            {
                // Somebody ended it meanwhile: a new one takes over.
            }
        }

        await RestartAsync().ConfigureAwait(false);
    }

    private async Task RestartAsync()
    {
        // Its own watch puts the one before away.
        var gone = _shell?.Id;
        _shell = null;
        var tools = await SpawnTools.OfThisMachine.ConfigureAwait(false);
        if (tools.SetSid is null)
        {
            return;
        }

        var start = new ProcessStartInfo(tools.SetSid, [SpawnTools.Shell, "-c", Script, "causeway-guardian"]) { WorkingDirectory = "/", RedirectStandardInput = true };
        ChildEnvironment.Scrub(start.Environment);
        try
        {
            _shell = await Spawner.StartAsync(start).ConfigureAwait(false);
            _watch = WatchAsync(_shell);
            foreach (var line in _children.Values)
            {
                await WriteAsync(_shell, line).ConfigureAwait(false);
            }

            if (gone is { } before)
            {
                logger.GuardianGone(before);
            }
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            logger.GuardianNotStarted(exception);
        }
    }

    /// <summary>Puts another in the place of one that somebody has killed, at once: until then nobody watches over what the children have started. One that ends by itself would do so again.</summary>
    private async Task WatchAsync(Process shell)
    {
        using (shell)
        {
            await shell.WaitForExitAsync().ConfigureAwait(false);
            await _gate.WaitAsync().ConfigureAwait(false);
            try
            {
                if (_shell != shell)
                {
                    return;
                }

                if (_children.Count > 0 && shell.ExitCode > FirstSignalled)
                {
                    await RestartAsync().ConfigureAwait(false);
                    return;
                }

                logger.GuardianEnded(shell.Id);
                _shell = null;
            }
            finally
            {
                _gate.Release();
            }
        }
    }

    private static async Task WriteAsync(Process shell, string line)
    {
        await shell.StandardInput.WriteAsync(line + "\n").ConfigureAwait(false);
        await shell.StandardInput.FlushAsync().ConfigureAwait(false);
    }
}
