using System.Globalization;

namespace Causeway.Bench.Peers;

/// <summary>What the kernel says of a process and its children.</summary>
internal sealed class ProcessProbe(int processId)
{
    private const double TicksPerSecond = 100;

    /// <summary>User and system time of all threads, in seconds; the kernel counts in hundredths.</summary>
    public double CpuSeconds => Family().Sum(static id => Seconds($"/proc/{id}/stat"));

    /// <summary>That part of <see cref="CpuSeconds"/> in which .NET compiled in the background what it had found to be hot: a node that has run for a while does not.</summary>
    public double CompilingSeconds => Family().SelectMany(static id => Directory.GetDirectories($"/proc/{id}/task"))
        .Where(static task => File.ReadAllText(Path.Combine(task, "comm")).StartsWith(".NET Tiered", StringComparison.Ordinal))
        .Sum(static task => Seconds(Path.Combine(task, "stat")));

    public double ResidentKilobytes => Family().Sum(static id => Status(id, "VmRSS:"));

    public double PeakKilobytes => Family().Sum(static id => Status(id, "VmHWM:"));

    /// <summary>
    /// Of the server's sockets on <paramref name="serverPort"/> to one of <paramref name="clientPorts"/>, those that some process still holds: a socket that was
    /// closed with bytes unsent lives on in the kernel for a while, without an inode.
    /// </summary>
    public static int HeldSockets(int serverPort, HashSet<int> clientPorts)
    {
        var held = 0;
        foreach (var line in File.ReadLines("/proc/net/tcp").Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (Port(fields[1]) == serverPort && clientPorts.Contains(Port(fields[2])) && fields[9] != "0")
            {
                held++;
            }
        }

        return held;
    }

    private static double Seconds(string file)
    {
        // The name, in parentheses, may hold spaces; utime and stime are the 14th and 15th field, the first after it is the third.
        var stat = File.ReadAllText(file);
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    private static int Port(string address) => int.Parse(address.AsSpan(address.IndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static double Status(int id, string field) =>
        Number(File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1]);

    private List<int> Family()
    {
        List<int> family = [processId];
        for (var i = 0; i < family.Count; i++)
        {
            foreach (var task in Directory.GetDirectories($"/proc/{family[i]}/task"))
            {
                var children = File.ReadAllText(Path.Combine(task, "children"));
                family.AddRange(children.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static id => int.Parse(id, CultureInfo.InvariantCulture)));
            }
        }

        return family;
    }
}
