using System.Buffers;

namespace Causeway.Jobs;

/// <summary>Names of kinds, queues and schedules.</summary>
internal static class JobName
{
    public const int MaxLength = 100;
    public const string Rule = "must be 1 to 100 of a-z 0-9 _ . : -";

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_.:-");

    public static bool IsValid(string name) => name.Length is > 0 and <= MaxLength && !name.AsSpan().ContainsAnyExcept(Allowed);

    /// <exception cref="ArgumentException">It is no such name.</exception>
    public static void Check(string name, string what)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!IsValid(name))
        {
            throw new ArgumentException($"The {what} \"{name}\" {Rule}.");
        }
    }
}
