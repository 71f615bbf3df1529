using System.Globalization;
using System.Text;

namespace Causeway.EndToEnd;

/// <summary>What tests ask <c>/proc</c>.</summary>
internal static class Processes
{
    /// <summary>Whether the process runs; one that has ended and waits for its parent does not.</summary>
    public static bool Runs(int processId)
    {
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The running processes that carry a variable of this value in their environment.</summary>
    public static IReadOnlyList<int> With(string name, string value)
    {
        var entry = Encoding.UTF8.GetBytes($"{name}={value}\0");
        return [.. Ids().Where(id => Runs(id) && Bytes(id, "environ").AsSpan().IndexOf(entry) >= 0)];
    }

    /// <summary>The running children of a process with an argument of this text.</summary>
    public static IReadOnlyList<int> ChildrenOf(int parent, string argument)
    {
        var wanted = Encoding.UTF8.GetBytes($"\0{argument}\0");
        var from = string.Create(CultureInfo.InvariantCulture, $"\nPPid:\t{parent}\n");
        return [.. Ids().Where(id => Runs(id) && Bytes(id, "cmdline").AsSpan().IndexOf(wanted) >= 0 && Encoding.UTF8.GetString(Bytes(id, "status")).Contains(from, StringComparison.Ordinal))];
    }

    private static IEnumerable<int> Ids()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                yield return id;
            }
        }
    }

    private static byte[] Bytes(int processId, string file)
    {
        try
        {
            return File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/{file}"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
