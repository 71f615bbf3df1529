using Causeway.Testing;

namespace Causeway.Server.Tests.Webhooks;

/// <summary>F11: a slow endpoint leaves room for the others, and a quick one is not slowed down.</summary>
public sealed class EndpointLanesTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void TryEnter_NobodyKnowsTheEndpoint_AsManyAsForASlowOne()
    {
        var lanes = new EndpointLanes(2, 8, _time);

        Assert.Equal([true, true, false], Enter(lanes, 3));
        Assert.True(lanes.TryEnter("another", out _));
    }

    [Fact]
    public void TryEnter_EndpointAnswersQuickly_MoreUntilItHangs()
    {
        var lanes = new EndpointLanes(2, 4, _time);
        Enter(lanes, 1);
        lanes.Leave("a", TimeSpan.FromMilliseconds(5));

        Assert.Equal([true, true, true], Enter(lanes, 3));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([false], Enter(lanes, 1));
        lanes.Leave("a", TimeSpan.FromSeconds(1));
        lanes.Leave("a", TimeSpan.FromSeconds(1));
        Assert.Equal([true, false], Enter(lanes, 2));
    }

    [Fact]
    public void TryEnter_TooMany_ComeBackOneBehindTheOtherAndWithinAQuarterMinute()
    {
        var lanes = new EndpointLanes(2, 8, _time);
        Enter(lanes, 2);
        lanes.Leave("a", TimeSpan.FromSeconds(10));
        Enter(lanes, 1);
        var delays = new List<TimeSpan>();
        for (var i = 0; i < 20; i++)
        {
            Assert.False(lanes.TryEnter("a", out var delay));
            delays.Add(delay);
        }

        Assert.Equal([TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15)], delays.Take(3));
        Assert.Equal(TimeSpan.FromSeconds(15), delays[^1]);
    }

    private static List<bool> Enter(EndpointLanes lanes, int times) => [.. Enumerable.Range(0, times).Select(_ => lanes.TryEnter("a", out var _))];
}
