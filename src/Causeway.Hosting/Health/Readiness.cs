using Microsoft.Extensions.Logging;

namespace Causeway.Hosting;

/// <summary>What the service as a whole says about itself.</summary>
/// <param name="Status"><c>ready</c>, <c>degraded</c>, <c>draining</c> or <c>unavailable</c>.</param>
/// <param name="Checks">Every check with its result, in the order they were added, then start-up steps and dependencies; none while draining.</param>
public sealed record ReadinessReport(string Status, IReadOnlyList<(string Name, ReadinessResult Result)> Checks)
{
    /// <summary>Whether traffic is welcome.</summary>
    public bool IsReady => Status is "ready" or "degraded";
}

/// <summary>Asks all checks whether the service is ready; the same that <c>/ready</c> says.</summary>
public sealed class Readiness
{
    /// <summary>What one check has; all run at once, so the answer is there within a second whatever hangs.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(800);

    private readonly IReadOnlyList<ReadinessCheck> _checks;
    private readonly IReadOnlyList<IReadinessSource> _sources;
    private readonly IServiceProvider _services;
    private readonly DrainState? _drain;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    internal Readiness(
        IServiceProvider services, IEnumerable<ReadinessCheck> checks, IEnumerable<IReadinessSource> sources, DrainState? drain, TimeProvider time, ILogger<Readiness> logger)
    {
        _services = services;
        _checks = [.. checks];
        _sources = [.. sources];
        _drain = drain;
        _time = time;
        _logger = logger;
    }

    /// <summary>Runs all checks at once.</summary>
    /// <returns>The report, within a second.</returns>
    public async Task<ReadinessReport> CheckAsync()
    {
        if (_drain is { IsAnnounced: true })
        {
            return new("draining", []);
        }

        var results = await Task.WhenAll(_checks.Select(check => check.RunAsync(_services, Limit, _time, _logger))).ConfigureAwait(false);
        (string Name, ReadinessResult Result)[] all =
            [.. _checks.Zip(results, static (check, result) => (check.Name, result)), .. _sources.SelectMany(static source => source.Read())];
        var worst = all.Select(static check => check.Result.Status).DefaultIfEmpty(ReadinessStatus.Ready).Max();
        return new(NameOf(worst), all);
    }

    internal static string NameOf(ReadinessStatus status) => status switch
    {
        ReadinessStatus.Ready => "ready",
        ReadinessStatus.Degraded => "degraded",
        _ => "unavailable",
    };
}
