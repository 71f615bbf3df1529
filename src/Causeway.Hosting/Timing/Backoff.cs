using System.Diagnostics.CodeAnalysis;

namespace Causeway.Hosting;

/// <summary>Ever longer pauses after failures, each somewhere between the shortest and a ceiling that doubles, so that many who failed together don't come back together.</summary>
/// <param name="min">The shortest pause.</param>
/// <param name="max">The highest ceiling.</param>
/// <param name="random">From 0 to below 1; null for chance.</param>
[SuppressMessage("Security", "CA5394:Do not use insecure randomness", Justification = "Jitter keeps no secret.")]
internal sealed class Backoff(TimeSpan min, TimeSpan max, Func<double>? random = null)
{
    private const int MaxDoublings = 30;
    private readonly Func<double> _random = random ?? Random.Shared.NextDouble;

    /// <summary>The pause after so many failures in a row.</summary>
    /// <param name="failures">From 1.</param>
    public TimeSpan After(int failures)
    {
        var ceiling = Math.Min(max.TotalMilliseconds, min.TotalMilliseconds * Math.Pow(2, Math.Clamp(failures, 1, MaxDoublings)));
        return TimeSpan.FromMilliseconds(min.TotalMilliseconds + (_random() * Math.Max(0, ceiling - min.TotalMilliseconds)));
    }
}
