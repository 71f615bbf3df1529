using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Jobs.Tests;

public sealed class CronTimesTests
{
    [Fact]
    public void After_ClocksGoForward_RunsWhatIsNotThereRightAfterIt()
    {
        // On 2026-03-29 there is no 02:30 in Berlin.
        Assert.Equal(["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"], Next("30 2 * * *", "2026-03-27T12:00:00Z", 3));
        Assert.Equal(["2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z"], Next("*/30 * * * *", "2026-03-29T00:00:00Z", 3));
    }

    [Fact]
    public void After_ClocksGoBack_RunsAFixedTimeOnceAndIntervalsInBothHours()
    {
        // On 2026-10-25 there are two 02:30 in Berlin.
        Assert.Equal(["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"], Next("30 2 * * *", "2026-10-23T12:00:00Z", 3));
        Assert.Equal(["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"], Next("*/30 2 * * *", "2026-10-24T12:00:00Z", 4));
    }

    [Fact]
    public void After_NoSuchDay_IsNever() => Assert.Empty(Next("0 0 30 2 *", "2026-01-01T00:00:00Z", 1));

    [Theory]
    [InlineData("* * * * *", "2026-05-04T11:58:30Z", "2026-05-04T12:00:10Z", "2026-05-04T12:00:00Z")]
    [InlineData("* * * * * *", "2020-05-04T12:00:00Z", "2026-05-04T12:00:10Z", "2026-05-04T12:00:10Z")]
    [InlineData("0 3 * * *", "2026-05-04T03:00:00+02:00", "2026-05-20T00:00:00Z", "2026-05-19T01:00:00Z")]
    [InlineData("0 3 1 1 *", "2021-01-01T00:00:00Z", "2026-05-20T00:00:00Z", "2026-01-01T02:00:00Z")]
    [InlineData("0 3 * * *", "2026-05-04T02:00:00Z", "2026-05-04T03:00:00Z", null)]
    public void LastWithin_Spans_FindsTheLastOfThem(string cron, string from, string to, string? expected) =>
        Assert.Equal(expected is null ? null : At(expected), CronTimes.Parse(cron, "Europe/Berlin").LastWithin(At(from), At(to)));

    [Theory]
    [InlineData("* * * *", "UTC")]
    [InlineData("61 * * * *", "UTC")]
    [InlineData("H * * * *", "UTC")]
    [InlineData("", "UTC")]
    [InlineData("* * * * *", "Europe/Atlantis")]
    public void Parse_NoExpressionOrZone_SaysSo(string cron, string zone) => Assert.Throws<ArgumentException>(() => CronTimes.Parse(cron, zone));

    /// <summary>Going from moment to moment, and asking for the last one up to any instant, are the same list.</summary>
    [Fact]
    public void LastWithin_AnyInstant_IsTheOneBeforeTheNext() => Prop.ForAll(
        Gen.Elements("*/7 * * * *", "30 2 * * *", "0 */5 * * MON", "15 10 L * *", "*/20 1-3 * * *").ToArbitrary(), Gen.Choose(0, 366 * 24 * 60).ToArbitrary(),
        static (cron, minute) =>
        {
            var times = CronTimes.Parse(cron, "Europe/Berlin");
            var to = At("2026-01-01T00:00:00Z").AddMinutes(minute);
            var last = times.LastWithin(to.AddDays(-40), to)!.Value;
            return last <= to && (times.After(last) is not { } next || next > to);
        }).QuickCheckThrowOnFailure();

    private static List<string> Next(string cron, string from, int count)
    {
        var times = CronTimes.Parse(cron, "Europe/Berlin");
        var list = new List<string>();
        for (var moment = times.After(At(from)); moment is { } one && list.Count < count; moment = times.After(one))
        {
            list.Add(one.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        }

        return list;
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
