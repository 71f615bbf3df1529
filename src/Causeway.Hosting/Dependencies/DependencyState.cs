namespace Causeway.Hosting;

/// <summary>How well something works that the service uses, best first.</summary>
public enum DependencyState
{
    /// <summary>It works.</summary>
    Available = 1,

    /// <summary>It works, but not as it should; or it failed once and may be back at the next try; or nobody knows yet.</summary>
    Degraded,

    /// <summary>It does not work.</summary>
    Unavailable,
}

/// <summary>A dependency's state became another one.</summary>
/// <param name="Before">What it was.</param>
/// <param name="After">What it is.</param>
/// <param name="Detail">Why, in a few words anybody may read; or null.</param>
public sealed record DependencyChange(DependencyState Before, DependencyState After, string? Detail);
