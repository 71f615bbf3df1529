namespace Causeway.Relay;

/// <summary>Tells whether a backend's options say the same as before, so that a reload leaves it alone.</summary>
internal static class BackendEquality
{
    public static bool AreSame(BackendOptions a, BackendOptions b) =>
        ReferenceEquals(a, b)
        || a.Urls.SequenceEqual(b.Urls, StringComparer.Ordinal)
        && a.Balance == b.Balance
        && a.AllowSelfSigned == b.AllowSelfSigned
        && a.ConnectSeconds.Equals(b.ConnectSeconds)
        && a.FirstByteSeconds.Equals(b.FirstByteSeconds)
        && a.IdleSeconds.Equals(b.IdleSeconds)
        && a.WebSocketIdleSeconds.Equals(b.WebSocketIdleSeconds)
        && a.MaxWebSockets == b.MaxWebSockets
        && a.IdentityKey == b.IdentityKey
        && AreSame(a.Health, b.Health)
        && AreSame(a.Process, b.Process);

    private static bool AreSame(HealthOptions? a, HealthOptions? b) =>
        a is null ? b is null : b is not null && a.Path == b.Path && a.Seconds.Equals(b.Seconds);

    private static bool AreSame(ProcessOptions? a, ProcessOptions? b) =>
        a is null
            ? b is null
            : b is not null
            && a.Command.SequenceEqual(b.Command, StringComparer.Ordinal)
            && a.Start == b.Start
            && a.WorkingDirectory == b.WorkingDirectory
            && a.Environment.Count == b.Environment.Count
            && a.Environment.All(pair => b.Environment.TryGetValue(pair.Key, out var value) && value == pair.Value)
            && a.User == b.User
            && a.ReadySeconds.Equals(b.ReadySeconds)
            && a.IdleStopSeconds.Equals(b.IdleStopSeconds)
            && a.StopSeconds.Equals(b.StopSeconds)
            && a.Restart.MinSeconds.Equals(b.Restart.MinSeconds)
            && a.Restart.MaxSeconds.Equals(b.Restart.MaxSeconds);
}
