using System.Diagnostics.CodeAnalysis;
using Cronos;

namespace Causeway.Jobs;

/// <summary>The moments of a cron expression in a time zone.</summary>
internal sealed class CronTimes
{
    private static readonly TimeSpan[] Windows =
        [TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(32), TimeSpan.FromDays(367), TimeSpan.FromDays(3_660)];

    private readonly CronExpression _expression;
    private readonly TimeZoneInfo _zone;

    private CronTimes(string text, CronExpression expression, TimeZoneInfo zone) => (Text, _expression, _zone) = (text, expression, zone);

    public string Text { get; }

    public string Zone => _zone.Id;

    /// <exception cref="ArgumentException">The expression or the zone is none; the message says which.</exception>
    public static CronTimes Parse(string text, string zone)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(zone);
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
        {
            throw new ArgumentException($"There is no time zone {zone} on this machine.");
        }

        var fields = text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length;
        return TryParse(text, fields == 6 ? CronFormat.IncludeSeconds : CronFormat.Standard, out var expression, out var problem)
            ? new CronTimes(text, expression, found)
            : throw new ArgumentException($"\"{text}\" is no cron expression: {problem}");
    }

    /// <summary>The first moment after another; null where there never is one.</summary>
    public DateTimeOffset? After(DateTimeOffset moment) => _expression.GetNextOccurrence(moment, _zone)?.ToUniversalTime();

    /// <summary>The last moment from one to another, both included; null where there is none.</summary>
    public DateTimeOffset? LastWithin(DateTimeOffset from, DateTimeOffset to)
    {
        foreach (var window in Windows)
        {
            var begin = to - from > window ? to - window : from;
            DateTimeOffset? last = null;
            for (var next = _expression.GetNextOccurrence(begin, _zone, inclusive: true); next is { } moment && moment <= to; next = _expression.GetNextOccurrence(moment, _zone))
            {
                last = moment;
            }

            if (last is not null || begin == from)
            {
                return last?.ToUniversalTime();
            }
        }

        return null;
    }

    private static bool TryParse(string text, CronFormat format, [NotNullWhen(true)] out CronExpression? expression, out string problem)
    {
        try
        {
            (expression, problem) = (CronExpression.Parse(text, format), "");
            return true;
        }
        catch (Exception exception) when (exception is CronFormatException or MissingSeedException)
        {
            (expression, problem) = (null, exception.Message);
            return false;
        }
    }
}
