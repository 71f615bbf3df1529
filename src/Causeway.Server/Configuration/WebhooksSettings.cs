using System.ComponentModel.DataAnnotations;

namespace Causeway.Server;

/// <summary>How others are told of what happens.</summary>
internal sealed class WebhooksSettings
{
    /// <summary>Whether endpoints may be on this machine and in private networks. Off, neither a name nor an address leads there, whoever makes a webhook.</summary>
    /// <value>Default false.</value>
    public bool AllowPrivateNetworks { get; set; }

    /// <summary>What one try may take, from connecting to the answer.</summary>
    /// <value>Seconds, 1–60. Default 10.</value>
    [Range(1, 60)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>After so many failed tries a delivery has failed. The pause between two doubles from 5 s to 6 h.</summary>
    /// <value>1–100. Default 15: about 17 hours.</value>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 15;

    /// <summary>A delivery that is older has failed, however few tries it had: those that wait for an endpoint that does not answer are not tried one by one.</summary>
    /// <value>Hours, 1–720. Default 72.</value>
    [Range(1, 720)]
    public int GiveUpHours { get; set; } = 72;

    /// <summary>Deliveries to one slow endpoint that this process has under way at the same time, so that others have room; one that answers within 250 ms may have all of <c>Jobs:Workers</c> but one.</summary>
    /// <value>1–100. Default 2.</value>
    [Range(1, 100)]
    public int PerEndpoint { get; set; } = 2;

    /// <summary>After so many failures in a row an endpoint is left alone for a while.</summary>
    /// <value>1–1,000. Default 10.</value>
    [Range(1, 1_000)]
    public int CircuitFailures { get; set; } = 10;

    /// <summary>How long an endpoint is left alone at first; with each try after it that fails too it doubles, up to 15 min.</summary>
    /// <value>Seconds, 1–900. Default 30.</value>
    [Range(1, 900)]
    public int CircuitSeconds { get; set; } = 30;

    /// <summary>How long deliveries are kept with their tries, once they are over.</summary>
    /// <value>Days, 1–366. Default 7.</value>
    [Range(1, 366)]
    public int KeepDays { get; set; } = 7;

    /// <summary>Events of connections and rooms that wait in memory to be written down. What comes while it is full is lost, counted and told of.</summary>
    /// <value>100–1,000,000. Default 10,000.</value>
    [Range(100, 1_000_000)]
    public int BufferEvents { get; set; } = 10_000;
}
