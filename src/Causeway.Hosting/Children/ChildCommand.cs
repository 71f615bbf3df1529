using System.Diagnostics;
using System.Globalization;

namespace Causeway.Hosting;

/// <summary>Turns what is to be started into what is executed: a chain of programs that replace one another, so that the child keeps one process id.</summary>
internal static class ChildCommand
{
    // The kernel was told to kill the child with its parent; if the parent was gone by then, nobody would. $PPID is read when the shell starts.
    private const string Shim = """[ "$PPID" = "$1" ] || exit 125; shift; exec "$@" </dev/null""";

    /// <summary>What to execute.</summary>
    /// <param name="start">What is asked for.</param>
    /// <param name="id">Goes into the child's environment.</param>
    /// <param name="tools">What the machine has.</param>
    /// <exception cref="ChildStartException">It can't work; the message says why.</exception>
    public static ProcessStartInfo Prepare(ChildStart start, string id, SpawnTools tools)
    {
        if (start.Command.Count == 0)
        {
            throw new ChildStartException("There is no program to start.");
        }

        var directory = Path.GetFullPath(start.WorkingDirectory ?? Environment.CurrentDirectory);
        if (!Directory.Exists(directory))
        {
            throw new ChildStartException($"The working directory '{start.WorkingDirectory}' does not exist.");
        }

        var user = FindUser(start.User, tools);
        var info = new ProcessStartInfo
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
        SetEnvironment(info, start, id, user);
        if (OperatingSystem.IsWindows())
        {
            info.RedirectStandardInput = true;
            Set(info, start.Command);
            return info;
        }

        info.Environment.TryGetValue("PATH", out var path);
        CommandLookup.Find(start.Command[0], directory, path);
        Set(info, [.. Chain(tools, user), SpawnTools.Shell, "-c", Shim, "causeway-child", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), .. start.Command]);
        return info;
    }

    private static IEnumerable<string> Chain(SpawnTools tools, UserAccount? user)
    {
        if (tools.SetPriv is not null)
        {
            string[] identity = user is null
                ? []
                :
                [
                    "--reuid", user.UserId.ToString(CultureInfo.InvariantCulture),
                    "--regid", user.GroupId.ToString(CultureInfo.InvariantCulture),
                    "--init-groups",
                ];
            foreach (var part in (string[])[tools.SetPriv, "--pdeathsig", "KILL", .. identity, "--"])
            {
                yield return part;
            }
        }

        // It doesn't fork here: the child leads no group yet.
        if (tools.SetSid is not null)
        {
            yield return tools.SetSid;
        }
    }

    private static void Set(ProcessStartInfo info, IReadOnlyList<string> command)
    {
        info.FileName = command[0];
        foreach (var argument in command.Skip(1))
        {
            info.ArgumentList.Add(argument);
        }
    }

    private static void SetEnvironment(ProcessStartInfo info, ChildStart start, string id, UserAccount? user)
    {
        ChildEnvironment.Scrub(info.Environment);
        if (user is not null)
        {
            info.Environment["HOME"] = user.Home;
            info.Environment["USER"] = info.Environment["LOGNAME"] = user.Name;
        }

        foreach (var (name, value) in start.Environment)
        {
            info.Environment[name] = value;
        }

        info.Environment[ChildEnvironment.Mark] = id;
    }

    private static UserAccount? FindUser(string? name, SpawnTools tools)
    {
        if (name is null)
        {
            return null;
        }

        if (!OperatingSystem.IsLinux())
        {
            throw new ChildStartException($"It can't run as user '{name}': that works on Linux only.");
        }

        var user = UserAccount.Find(name) ?? throw new ChildStartException($"There is no user '{name}' on this machine.");
        if (user.UserId == ProcessTable.UserId(Environment.ProcessId))
        {
            return null;
        }

        return !Environment.IsPrivilegedProcess ? throw new ChildStartException($"It can't run as user '{name}': only root can start children as somebody else.")
            : tools.SetPriv is null ? throw new ChildStartException($"It can't run as user '{name}': setpriv (util-linux) is not installed.")
            : user;
    }
}
