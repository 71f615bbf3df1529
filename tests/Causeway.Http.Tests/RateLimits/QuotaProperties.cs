using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Http.Tests;

/// <summary>E6: what must hold of a quota whoever asks whenever, and of the table whoever comes.</summary>
public sealed class QuotaProperties
{
    private static readonly Gen<(int Permits, int WindowMs)> AnyQuota =
        from permits in Gen.Frequency((3, Gen.Choose(1, 20)), (1, Gen.Choose(1, 1_000_000)))
        from window in Gen.Choose(1_000, 86_400_000)
        select (permits, window);

    // Waits as thousandths of the window, most of them short.
    private static readonly Gen<int[]> AnyWaits = Gen.Frequency((5, Gen.Choose(0, 20)), (1, Gen.Choose(0, 2_500))).ArrayOf(60);

    [Fact]
    public void Take_AnyTimes_NeverMoreThanTheQuotaAndWhatCameBack() =>
        Prop.ForAll(AnyQuota.Zip(AnyWaits).ToArbitrary(), static pair =>
        {
            var ((permits, windowMs), waits) = pair;
            var quota = new Quota(permits, TimeSpan.FromMilliseconds(windowMs));
            var (now, fullAt) = (0L, 0L);
            var taken = new List<long>();
            foreach (var wait in waits)
            {
                now += quota.Capacity / 1_000 * wait;
                if (quota.Take(ref fullAt, now).IsTaken)
                {
                    taken.Add(now);
                }
            }

            for (var first = 0; first < taken.Count; first++)
            {
                for (var last = first; last < taken.Count; last++)
                {
                    Assert.True(last - first + 1 <= permits + (taken[last] - taken[first]) / quota.Interval);
                }
            }
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Take_AnyTimes_TellsTheTruth() =>
        Prop.ForAll(AnyQuota.Zip(AnyWaits).ToArbitrary(), static pair =>
        {
            var ((permits, windowMs), waits) = pair;
            var quota = new Quota(permits, TimeSpan.FromMilliseconds(windowMs));
            var (now, fullAt) = (0L, 0L);
            foreach (var wait in waits)
            {
                now += quota.Capacity / 1_000 * wait;
                var permit = quota.Take(ref fullAt, now);

                Assert.InRange(permit.Remaining, 0, permits - 1);
                Assert.InRange(permit.Wait, 1, quota.Capacity);
                if (permit.Remaining == 0)
                {
                    // Not a tick earlier, and not a tick later.
                    var (early, due) = (fullAt, fullAt);
                    Assert.False(quota.Take(ref early, now + permit.Wait - 1).IsTaken);
                    Assert.True(quota.Take(ref due, now + permit.Wait).IsTaken);
                }
                else
                {
                    var full = fullAt;
                    Assert.Equal(permits - 1, quota.Take(ref full, now + permit.Wait).Remaining);
                }
            }
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Take_Unlimited_GivesTheWholeQuotaAtOnce() =>
        Prop.ForAll(Gen.Choose(1, 500).Zip(Gen.Choose(1_000, 86_400_000)).ToArbitrary(), static pair =>
        {
            var quota = new Quota(pair.Item1, TimeSpan.FromMilliseconds(pair.Item2));
            var fullAt = 0L;
            for (var left = pair.Item1 - 1; left >= 0; left--)
            {
                Assert.Equal((true, left), (quota.Take(ref fullAt, 7) is var permit && permit.IsTaken, permit.Remaining));
            }

            Assert.False(quota.Take(ref fullAt, 7).IsTaken);
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Take_QuotaMadeSmaller_KeepsNobodyLongerThanItsWindow() =>
        Prop.ForAll(AnyQuota.Zip(AnyQuota).ToArbitrary(), static pair =>
        {
            var before = new Quota(pair.Item1.Permits, TimeSpan.FromMilliseconds(pair.Item1.WindowMs));
            var after = new Quota(pair.Item2.Permits, TimeSpan.FromMilliseconds(pair.Item2.WindowMs));
            var fullAt = before.Capacity;

            Assert.InRange(after.Take(ref fullAt, 0).Wait, 1, after.Capacity);
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Take_FloodOfNewCallers_TheLimitedStayLimitedAndNothingGrows() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).Zip(Gen.Choose(2, 50)).ToArbitrary(), static pair =>
        {
            var random = new Random(pair.Item1);
            var quota = new Quota(pair.Item2, TimeSpan.FromMinutes(1));
            var table = new QuotaTable(1_024);
            var limited = (ulong)random.NextInt64();
            for (var i = 0; i < pair.Item2; i++)
            {
                Assert.True(table.Take(limited, quota, 0, out _).IsTaken);
            }

            var anyForgotten = false;
            for (var i = 0; i < 20_000; i++)
            {
                Assert.True(table.Take((ulong)random.NextInt64(), quota, 0, out var forgotten).IsTaken);
                anyForgotten |= forgotten;
            }

            Assert.True(anyForgotten);
            Assert.False(table.Take(limited, quota, 0, out _).IsTaken);
            Assert.Equal(1_024, table.Capacity);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));

    [Fact]
    public void Take_ManyThreads_NeverMoreThanTheQuota()
    {
        var table = new QuotaTable(1_024);
        var quota = new Quota(1_000, TimeSpan.FromHours(1));
        var taken = 0;

        Parallel.For(0, 8_000, ignored =>
        {
            if (table.Take(42, quota, 0, out _).IsTaken)
            {
                Interlocked.Increment(ref taken);
            }
        });

        Assert.Equal(1_000, taken);
    }

    [Fact]
    public void Take_Millions_AllocatesNothing()
    {
        var table = new QuotaTable(65_536);
        var quota = new Quota(10, TimeSpan.FromMinutes(1));
        table.Take(1, quota, 0, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0UL; i < 1_000_000; i++)
        {
            table.Take(i * 0x9E3779B97F4A7C15, quota, (long)i, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
