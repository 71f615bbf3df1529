namespace Causeway.Hosting;

/// <summary>Whether a living process is the instance that a record describes. A record alone proves nothing: ids of processes are used again, and files can be copied.</summary>
/// <param name="Process">The process of the recorded id, if there is one.</param>
/// <param name="Doubt">Why it is not proven; null when it is.</param>
internal sealed record InstanceProof(ProcessFacts? Process, string? Doubt)
{
    /// <summary>What was compared where nothing is in doubt.</summary>
    public const string Compared = "process id, start time, boot, executable, command line, user and data directory are those of instance.json, and it holds instance.lock";

    /// <summary>Whether everything fits.</summary>
    public bool Holds => Doubt is null;

    /// <summary>Compares a record with its process.</summary>
    /// <param name="record">As found in the directory.</param>
    /// <param name="directory">The data directory the record lies in.</param>
    public static InstanceProof Of(InstanceRecord record, string directory)
    {
        var process = ProcessFacts.TryRead(record.Pid);
        return new InstanceProof(process, DoubtAbout(record, process, directory));
    }

    /// <summary>The instance a process is, of whatever data directory; null where that can't be proven.</summary>
    public static InstanceRecord? InstanceOf(int pid, out string directory)
    {
        foreach (var path in OpenFiles.Of(pid) ?? [])
        {
            if (Path.GetFileName(path) == InstanceLock.FileName
                && Path.GetDirectoryName(path) is { } found
                && InstanceRecord.TryRead(Path.Combine(found, InstanceLock.RecordName)) is { } record
                && record.Pid == pid
                && Of(record, found).Holds)
            {
                directory = found;
                return record;
            }
        }

        directory = "";
        return null;
    }

    private static string? DoubtAbout(InstanceRecord record, ProcessFacts? process, string directory)
    {
        if (record.BootId != ProcessTable.BootId)
        {
            return "the record is from before the machine was restarted";
        }

        if (process is null)
        {
            return $"process {record.Pid} of the record is not there";
        }

        if (process.Identity.StartTicks != record.StartTicks)
        {
            return $"process {record.Pid} of the record has ended, and another one has its id by now";
        }

        if (process.UserId != ProcessTable.UserId(Environment.ProcessId) || record.UserId != process.UserId)
        {
            return $"process {record.Pid} belongs to another user (uid {process.UserId})";
        }

        if (!ProcessFacts.IsSameProgram(process.Executable, record.Executable))
        {
            return $"process {record.Pid} runs {process.Executable ?? "a program that may not be seen"}, not the recorded {record.Executable}";
        }

        if (!process.CommandLine.SequenceEqual(record.CommandLine))
        {
            return $"process {record.Pid} has another command line than the record";
        }

        var lockPath = InstanceLock.PathIn(directory);
        if (lockPath is null || Path.GetDirectoryName(lockPath) != record.DataDirectory)
        {
            return $"the record is that of another data directory, {record.DataDirectory}";
        }

        return OpenFiles.Of(process.Pid) switch
        {
            null => $"the open files of process {record.Pid} may not be read",
            var files when !files.Contains(lockPath) => $"process {record.Pid} does not hold {lockPath}",
            _ => null,
        };
    }
}
