using System.Globalization;
using Causeway.Relay;

namespace Causeway.Server;

/// <summary>Reads what a backend's process printed, as far as it is kept.</summary>
internal static class ReadOutput
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1_000;

    public static IResult Handle(string name, string? limit, string? after, RelayBackends backends)
    {
        if (backends.OutputOf(name) is not { } output)
        {
            return BackendRefusals.Of(name, backends).ToResult();
        }

        var errors = new FieldErrors();
        var count = DefaultLimit;
        long offset = 0;
        errors.Check(
            limit is null || int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= MaxLimit,
            "limit", "Must be 1 to 1000.");
        errors.Check(
            after is null || long.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out offset), "after", "Must be an offset.");
        if (errors.ToError() is { } error)
        {
            return error.ToResult();
        }

        var lines = after is null ? output.ReadNewest(count) : output.ReadAfter(offset, count);
        return TypedResults.Ok(new Response(output.Epoch, [.. lines.Select(Line.From)], lines.Count > 0 && lines[^1].Offset < output.Newest));
    }

    /// <summary>Lines of a process.</summary>
    /// <param name="Epoch">The life of the numbering: it changes with every start of the service, and offsets begin anew.</param>
    /// <param name="Items">Ascending.</param>
    /// <param name="HasNext">Whether there are lines after these.</param>
    internal sealed record Response(string Epoch, IReadOnlyList<Line> Items, bool HasNext);

    /// <summary>One line.</summary>
    /// <param name="Offset">Its place, from 1.</param>
    /// <param name="Time">When it was read.</param>
    /// <param name="Source"><c>stdout</c>, <c>stderr</c>, or <c>service</c> for what the service says of the process.</param>
    /// <param name="Text">What was printed; it may hold the escape sequences of terminals.</param>
    internal sealed record Line(long Offset, DateTimeOffset Time, string Source, string Text)
    {
        public static Line From(OutputLine line) => new(
            line.Offset,
            line.Time,
            line.Source switch
            {
                OutputSource.Output => "stdout",
                OutputSource.Error => "stderr",
                _ => "service",
            },
            line.Text);
    }
}
