using System.Diagnostics.Metrics;

namespace Causeway.Relay;

/// <summary>The answers of one backend by the class of their status.</summary>
internal sealed class AnswerCounts
{
    private static readonly string[] Classes = ["1xx", "2xx", "3xx", "4xx", "5xx"];

    private readonly long[] _counts = new long[Classes.Length];

    public void Count(int status) => Interlocked.Increment(ref _counts[Math.Clamp(status / 100, 1, Classes.Length) - 1]);

    public IEnumerable<Measurement<long>> Read(string backend)
    {
        for (var i = 1; i < Classes.Length; i++)
        {
            yield return new Measurement<long>(
                Interlocked.Read(ref _counts[i]),
                new KeyValuePair<string, object?>("backend", backend),
                new KeyValuePair<string, object?>("code", Classes[i]));
        }
    }
}
