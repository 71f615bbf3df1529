using System.Diagnostics.Metrics;

namespace Causeway.Http;

/// <summary>Counts refusals by error code on the meter <c>Causeway.Http</c>, under the name that the live service counts its own by.</summary>
internal sealed class RefusalMetrics(IMeterFactory meters)
{
    public const string MeterName = "Causeway.Http";

    private readonly Counter<long> _refused =
        meters.Create(MeterName).CreateCounter<long>("causeway.refused", description: "Requests and messages refused, by error code.");

    public void Count(ErrorCode code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code.Name));
}
