namespace Causeway.Hosting;

/// <summary>What a child gets of the service's environment.</summary>
internal static class ChildEnvironment
{
    /// <summary>Marks a child and all that comes from it, so that they are known even when they left their group.</summary>
    public const string Mark = "CAUSEWAY_CHILD";

    /// <summary>Inherited listeners, the line to the service manager, and the service's configuration, which has secrets in it.</summary>
    private static readonly string[] OwnPrefixes = ["LISTEN_", "NOTIFY_SOCKET", "WATCHDOG_", "CAUSEWAY__", Mark];

    /// <summary>Takes out what is meant for the service alone.</summary>
    public static void Scrub(IDictionary<string, string?> variables)
    {
        foreach (var name in variables.Keys.Where(static name => OwnPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ToList())
        {
            variables.Remove(name);
        }
    }
}
