namespace Causeway.Server;

/// <summary>Why an operator does something, as the people concerned are told.</summary>
internal static class Reason
{
    public const int MaxLength = 200;
    public const string Rule = "Must be at most 200 characters.";

    public static bool IsValid(string? reason) => reason is null or { Length: <= MaxLength };
}
