using System.Buffers;

namespace Causeway.Http;

/// <summary>Keeps spreadsheets from running what users typed, and undoes it exactly.</summary>
internal static class FormulaGuard
{
    private static readonly SearchValues<char> Starts = SearchValues.Create("=+-@\t\r＝＋－＠");

    /// <summary>Whether a text needs an apostrophe: it begins, behind any number of apostrophes, as a formula does. Those that have one already get another, so that taking one away gives the text again.</summary>
    public static bool Guards(ReadOnlySpan<char> text)
    {
        var rest = text.TrimStart('\'');
        return !rest.IsEmpty && Starts.Contains(rest[0]);
    }

    /// <summary>The text that was guarded.</summary>
    public static ReadOnlySpan<char> Undo(ReadOnlySpan<char> text) => text.Length > 1 && text[0] == '\'' && Guards(text) ? text[1..] : text;
}
