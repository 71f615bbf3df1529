using Causeway.Hosting;
using Microsoft.Extensions.Configuration;

namespace Causeway.Server;

/// <summary>
/// Keys that belong to the configuration's contract but to nothing this release has. One that asks for something is refused by name, so that
/// nobody believes in nodes that aren't joined; one that says what is so anyway (null, <c>none</c>) is taken.
/// </summary>
internal static class LaterKeys
{
    private static readonly Dictionary<string, string?> Keys = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Realtime:Backplane"] = "none",
    };

    /// <summary>Rewords what is said of such keys, and drops it where nothing is asked for.</summary>
    /// <param name="problems">As found, with such keys among the unknown.</param>
    /// <param name="values">The configured values.</param>
    public static IEnumerable<ConfigurationProblem> Reword(IEnumerable<ConfigurationProblem> problems, IConfiguration values)
    {
        foreach (var problem in problems)
        {
            if (Keys.TryGetValue(problem.Key, out var harmless))
            {
                if (values[problem.Key] is { } value && !value.Equals(harmless, StringComparison.OrdinalIgnoreCase))
                {
                    yield return problem with { Reason = harmless is null ? "is not in this release" : $"is not in this release: only {harmless} is" };
                }
            }
            else
            {
                yield return problem;
            }
        }
    }
}
