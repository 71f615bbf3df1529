namespace Causeway.Hosting;

/// <summary>Which metrics are shown.</summary>
public sealed class PrometheusOptions
{
    /// <summary>Names of meters; one that ends in <c>*</c> stands for all that begin so.</summary>
    /// <value>Default <c>System.Runtime</c>: garbage collection, memory, threads, exceptions, processor time.</value>
    public IList<string> Meters { get; } = ["System.Runtime"];

    /// <summary>Sets of label values one metric may have; what comes after is counted under <c>otel_metric_overflow="true"</c>.</summary>
    /// <value>1–100,000. Default 2,000, as OpenTelemetry.</value>
    public int MaxSeriesPerMetric { get; set; } = 2_000;

    internal bool Includes(string meter)
    {
        foreach (var pattern in Meters)
        {
            if (pattern.EndsWith('*')
                ? meter.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal)
                : meter.Equals(pattern, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
