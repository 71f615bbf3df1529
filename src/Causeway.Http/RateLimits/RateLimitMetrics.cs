using System.Diagnostics.Metrics;

namespace Causeway.Http;

/// <summary>Counts what the rate limiter does on the meter <c>Causeway.Http</c>.</summary>
internal sealed class RateLimitMetrics
{
    private readonly Counter<long> _limited;
    private readonly Counter<long> _forgotten;
    private readonly RefusalMetrics _refusals;

    public RateLimitMetrics(IMeterFactory meters, RefusalMetrics refusals)
    {
        _refusals = refusals;
        var meter = meters.Create(RefusalMetrics.MeterName);
        _limited = meter.CreateCounter<long>("causeway.rate_limited", description: "Requests refused by a rate limit, by policy and by what they were counted.");
        _forgotten = meter.CreateCounter<long>("causeway.rate_limit.forgotten", description: "Callers forgotten before their quota was full again, because too many came.");
    }

    public void Limited(string policy, string by)
    {
        _limited.Add(1, new KeyValuePair<string, object?>("policy", policy), new KeyValuePair<string, object?>("by", by));
        _refusals.Count(ErrorCode.RateLimited);
    }

    public void Forgotten(string policy) => _forgotten.Add(1, new KeyValuePair<string, object?>("policy", policy));
}
