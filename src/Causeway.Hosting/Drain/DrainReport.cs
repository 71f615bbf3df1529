using System.Globalization;
using System.Text;

namespace Causeway.Hosting;

/// <summary>How a drain went: what each phase did, and what was cut and why.</summary>
/// <param name="Window">What the drain had.</param>
/// <param name="Took">What it needed.</param>
/// <param name="Phases">In the order they ran.</param>
public sealed record DrainReport(TimeSpan Window, TimeSpan Took, IReadOnlyList<DrainPhase> Phases)
{
    /// <summary>Phases that ended by themselves.</summary>
    public int Done => Phases.Count(static phase => phase.Outcome == DrainOutcome.Done);

    /// <summary>A screen for a person: one line for each phase, and what it said below.</summary>
    /// <returns>Lines, the last one ended too.</returns>
    public string ToText()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"  Drained in {Took.TotalSeconds:0.0} of {Window.TotalSeconds:0.#} s: {Done} of {Phases.Count} phases done.");
        var width = Phases.Select(static phase => phase.Name.Length).DefaultIfEmpty().Max();
        foreach (var phase in Phases)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"    {phase.Name.PadRight(width)}  {Words(phase.Outcome),-6}  {phase.Took.TotalSeconds:0.0} s");
            foreach (var note in phase.Notes)
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"    {new string(' ', width)}  - {note}");
            }
        }

        return text.ToString();
    }

    /// <summary>The same in one line, for the log.</summary>
    internal string ToLine() => string.Join("; ", Phases.Select(static phase =>
        string.Create(CultureInfo.InvariantCulture, $"{phase.Name}: {Words(phase.Outcome)} after {phase.Took.TotalSeconds:0.###} s")
        + (phase.Notes.Count == 0 ? "" : $" ({string.Join(", ", phase.Notes)})")));

    private static string Words(DrainOutcome outcome) => outcome switch
    {
        DrainOutcome.Done => "done",
        DrainOutcome.Cut => "cut",
        _ => "failed",
    };
}

/// <summary>One phase of a drain.</summary>
/// <param name="Name">The step's.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Budget">What it had.</param>
/// <param name="Took">What it needed.</param>
/// <param name="Notes">What it said of itself, such as <c>12 WebSockets told to reconnect</c>.</param>
public sealed record DrainPhase(string Name, DrainOutcome Outcome, TimeSpan Budget, TimeSpan Took, IReadOnlyList<string> Notes);

/// <summary>How a drain phase ended.</summary>
public enum DrainOutcome
{
    /// <summary>By itself.</summary>
    Done = 1,

    /// <summary>At the end of its time.</summary>
    Cut,

    /// <summary>It threw; the log says what.</summary>
    Failed,
}
