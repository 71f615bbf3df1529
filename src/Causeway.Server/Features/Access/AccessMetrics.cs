using System.Diagnostics.Metrics;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Counts whom the API kept out, by error code, under the name that the live service counts its own by.</summary>
internal sealed class AccessMetrics(IMeterFactory meters)
{
    private readonly Counter<long> _refused =
        meters.Create("Causeway.Server").CreateCounter<long>("causeway.refused", description: "Requests and messages refused, by error code.");

    public void CountRefused(ErrorCode code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code.Name));
}
