using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Jobs.Tests;

public sealed class RulesTests
{
    private static readonly JobRetry Retry = new(TimeSpan.FromSeconds(5), TimeSpan.FromHours(6));

    [Fact]
    public void Decide_AnyLifeOfFailuresAndOtherEnds_DiesAfterExactlyItsTries() => Prop.ForAll(
        Gen.Choose(1, 20).ToArbitrary(), Gen.Choose(0, 4).ListOf().ToArbitrary(),
        static (maxAttempts, ends) =>
        {
            var (attempts, failures) = (0L, 0);
            foreach (var end in ends)
            {
                // A worker takes it.
                attempts++;
                var verdict = JobRules.Decide(EndOf(end), attempts, maxAttempts, Retry, 0.5);
                failures += end == 0 ? 1 : 0;
                var isRight = end switch
                {
                    0 => verdict.State == (failures == maxAttempts ? JobState.Dead : JobState.Scheduled) && verdict.Attempts == failures,
                    1 => verdict.State == JobState.Scheduled && verdict.Attempts == failures && verdict.Delay == TimeSpan.FromSeconds(1),
                    2 => verdict.State == JobState.Waiting && verdict.Attempts == failures,
                    3 => verdict.State == JobState.Succeeded,
                    _ => verdict.State == JobState.Cancelled,
                };
                if (!isRight || attempts > maxAttempts)
                {
                    return false;
                }

                if (verdict.IsOver)
                {
                    return end != 1 && end != 2;
                }

                attempts = verdict.Attempts;
            }

            return attempts == failures && failures < maxAttempts;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Pause_AnyFailureAndChance_StaysWithinAFifthOfItsCeilingAndNeverShrinks() => Prop.ForAll(
        Gen.Choose(1, 2_000).ToArbitrary(), Gen.Choose(0, 999).ToArbitrary(), Gen.Choose(0, 999).ToArbitrary(),
        static (failures, one, other) =>
        {
            var ceiling = Math.Min(Retry.Max.TotalSeconds, Retry.Min.TotalSeconds * Math.Pow(2, Math.Min(failures - 1, 40)));
            var pause = JobRules.Pause(failures, Retry, one / 1_000.0).TotalSeconds;
            var same = JobRules.Pause(failures + 1, Retry, one / 1_000.0).TotalSeconds;
            return pause >= (ceiling * 0.8) - 0.001 && pause <= (ceiling * 1.2) + 0.001 && same >= pause
                && (one == other || JobRules.Pause(failures, Retry, other / 1_000.0).TotalSeconds != pause);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Pause_DefaultsOfAKind_TakeAboutSeventeenHours()
    {
        var options = new JobKindOptions();
        var all = Enumerable.Range(1, options.MaxAttempts - 1).Sum(failures => JobRules.Pause(failures, options.Retry, 0.5).TotalHours);
        Assert.InRange(all, 16, 18);
    }

    private static JobEnd EndOf(int end) => end switch
    {
        0 => JobEnd.Failed(JobFailureReason.Failed, "no luck", null),
        1 => JobEnd.Snoozed(TimeSpan.FromSeconds(1)),
        2 => JobEnd.HandedBack,
        3 => JobEnd.Succeeded,
        _ => JobEnd.Cancelled,
    };
}
