namespace Causeway.Hosting;

/// <summary>How ready something is, best first.</summary>
public enum ReadinessStatus
{
    /// <summary>All is well.</summary>
    Ready = 1,

    /// <summary>It works, but not as it should; traffic is still welcome.</summary>
    Degraded,

    /// <summary>It does not work; traffic should go elsewhere.</summary>
    Unavailable,
}

/// <summary>What a readiness check found.</summary>
/// <param name="Status">How ready.</param>
/// <param name="Detail">Why, for whoever may read <c>/ready</c>: everybody. No addresses, no secrets.</param>
public readonly record struct ReadinessResult(ReadinessStatus Status, string? Detail = null)
{
    /// <summary>All is well.</summary>
    /// <param name="detail">Something worth reading, or nothing.</param>
    /// <returns>The result.</returns>
    public static ReadinessResult Ready(string? detail = null) => new(ReadinessStatus.Ready, detail);

    /// <summary>It works, but not as it should.</summary>
    /// <param name="detail">What is wrong.</param>
    /// <returns>The result.</returns>
    public static ReadinessResult Degraded(string detail) => new(ReadinessStatus.Degraded, detail);

    /// <summary>It does not work.</summary>
    /// <param name="detail">What is wrong.</param>
    /// <returns>The result.</returns>
    public static ReadinessResult Unavailable(string detail) => new(ReadinessStatus.Unavailable, detail);
}
