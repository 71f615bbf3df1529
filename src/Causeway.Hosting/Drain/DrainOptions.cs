namespace Causeway.Hosting;

/// <summary>How long a service may take to stop.</summary>
public sealed class DrainOptions
{
    /// <summary>The time from the signal to the end of the last step. Requests in flight then have a little more.</summary>
    /// <value>0 s–1 h. Default 30 s; a service manager must wait longer than that before it kills.</value>
    public TimeSpan Window { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What requests in flight have after the window, before they are cut.</summary>
    internal static TimeSpan Grace { get; } = TimeSpan.FromSeconds(2);

    internal IEnumerable<string> Validate()
    {
        if (Window < TimeSpan.Zero || Window > TimeSpan.FromHours(1))
        {
            yield return "The drain window must be 0 s to 1 h.";
        }
    }
}
