using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Identity.Tests;

public sealed class RefreshRulesTests
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(5, 5, 0, RefreshVerdict.Rotate)]
    [InlineData(5, 5, 1_000_000, RefreshVerdict.Rotate)]
    [InlineData(4, 5, 0, RefreshVerdict.Repeat)]
    [InlineData(4, 5, 1_000_000, RefreshVerdict.Repeat)]
    [InlineData(3, 5, 10, RefreshVerdict.Repeat)]
    [InlineData(3, 5, 11, RefreshVerdict.Reused)]
    [InlineData(1, 500, 9, RefreshVerdict.Repeat)]
    [InlineData(6, 5, 0, RefreshVerdict.Reused)]
    public void Decide_CountAndTime_AsTheRuleSays(long presented, long current, int seconds, object verdict) =>
        Assert.Equal((RefreshVerdict)verdict, RefreshRules.Decide(presented, current, TimeSpan.FromSeconds(seconds), Window));

    /// <summary>
    /// One browser, several tabs that share what they last kept, answers that get lost: whatever happens in whichever order, an honest client is never taken for a thief.
    /// </summary>
    [Fact]
    public void Decide_HonestClientWithLostAnswers_IsNeverReused() => Prop.ForAll(
        Gen.Choose(0, 3).ListOf().ToArbitrary(),
        static steps =>
        {
            long server = 1, kept = 1;
            foreach (var step in steps)
            {
                // A client is never further behind than the one answer that it lost, and never asks with anything but what it kept.
                var verdict = RefreshRules.Decide(kept, server, TimeSpan.FromDays(1), Window);
                if (verdict == RefreshVerdict.Reused)
                {
                    return false;
                }

                server += verdict == RefreshVerdict.Rotate ? 1 : 0;
                kept = step == 0 ? kept : server;
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Decide_TwentyTabsWithTheSameToken_OneRotatesAndAllGetTheSame() => Prop.ForAll(
        Gen.Choose(2, 50).ToArbitrary(), Gen.Choose(1, 1_000).ToArbitrary(),
        static (tabs, start) =>
        {
            long server = start;
            var answers = new List<long>();
            for (var tab = 0; tab < tabs; tab++)
            {
                var verdict = RefreshRules.Decide(start, server, TimeSpan.Zero, Window);
                server += verdict == RefreshVerdict.Rotate ? 1 : 0;
                answers.Add(verdict == RefreshVerdict.Reused ? -1 : server);
            }

            return answers.Distinct().SequenceEqual([start + 1L]);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Decide_TokenTwoOrMoreBehindAfterTheWindow_IsAlwaysReused() => Prop.ForAll(
        Gen.Choose(2, 10_000).ToArbitrary(), Gen.Choose(11, 1_000_000).ToArbitrary(),
        static (behind, seconds) => RefreshRules.Decide(1, 1 + behind, TimeSpan.FromSeconds(seconds), Window) == RefreshVerdict.Reused).QuickCheckThrowOnFailure();
}
