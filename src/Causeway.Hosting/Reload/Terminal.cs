namespace Causeway.Hosting;

/// <summary>The terminal this process was started from.</summary>
internal static class Terminal
{
    private const string Device = "/dev/tty";

    /// <summary>Whether there is one. The kernel takes it away before it sends SIGHUP to those who had it.</summary>
    public static bool IsThere()
    {
        try
        {
            using var handle = File.OpenHandle(Device, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
