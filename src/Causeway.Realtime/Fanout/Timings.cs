namespace Causeway.Realtime;

/// <summary>The time-outs of connections, in ticks.</summary>
internal sealed class Timings(RealtimeOptions options, TimeProvider time)
{
    /// <summary>How often deadlines are looked at.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    /// <summary>How long before its end a credential's owner is told.</summary>
    public static readonly TimeSpan ExpiryNotice = TimeSpan.FromSeconds(60);

    public int Heartbeat { get; } = ToTicks(TimeSpan.FromSeconds(options.HeartbeatSeconds));

    public int Idle { get; } = ToTicks(TimeSpan.FromSeconds(options.IdleTimeoutSeconds));

    /// <summary>Comments on a stream keep proxies from taking it for dead.</summary>
    public int StreamComment { get; } = ToTicks(TimeSpan.FromSeconds(15));

    /// <summary>How long a close may take to reach the socket.</summary>
    public int CloseHandOver { get; } = ToTicks(TimeSpan.FromSeconds(1));

    /// <summary>How long the peer may take to answer a close.</summary>
    public int CloseAnswer { get; } = ToTicks(TimeSpan.FromSeconds(5));

    public TimeProvider Time => time;

    public static int ToTicks(TimeSpan span) => (int)Math.Min(int.MaxValue / 4, Math.Max(1, Math.Ceiling(span / Tick)));
}
