using Causeway.Testing;

namespace Causeway.Identity.Tests;

public sealed class LogInThrottleTests
{
    private readonly ManualTime _time = new();
    private readonly LogInThrottle _throttle;

    public LogInThrottleTests() => _throttle = new LogInThrottle(_time);

    [Fact]
    public void PauseOf_WrongPasswords_GrowsForThatNetworkAndAccountAlone()
    {
        Fail(4, "ada", "1.2.3.4");
        Assert.Equal(TimeSpan.Zero, _throttle.PauseOf("ada", "1.2.3.4"));

        Fail(1, "ada", "1.2.3.4");
        Assert.Equal(TimeSpan.FromSeconds(1), _throttle.PauseOf("ada", "1.2.3.4"));

        Fail(3, "ada", "1.2.3.4");
        Assert.Equal(TimeSpan.FromSeconds(8), _throttle.PauseOf("ada", "1.2.3.4"));
        Assert.Equal(TimeSpan.Zero, _throttle.PauseOf("ada", "5.6.7.8"));
        Assert.Equal(TimeSpan.Zero, _throttle.PauseOf("bob", "1.2.3.4"));
    }

    [Fact]
    public void PauseOf_WaitedFor_IsOver()
    {
        Fail(6, "ada", "1.2.3.4");

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), _throttle.PauseOf("ada", "1.2.3.4"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.Zero, _throttle.PauseOf("ada", "1.2.3.4"));
    }

    [Fact]
    public void PauseOf_EndlessGuessing_IsNeverMoreThanAQuarterOfAnHour()
    {
        Fail(500, "ada", "1.2.3.4");

        Assert.Equal(TimeSpan.FromMinutes(15), _throttle.PauseOf("ada", "1.2.3.4"));
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(TimeSpan.Zero, _throttle.PauseOf("ada", "1.2.3.4"));
    }

    [Fact]
    public void PauseOf_RightPassword_StartsAfresh()
    {
        Fail(20, "ada", "1.2.3.4");

        _throttle.Succeeded("ada", "1.2.3.4");

        Assert.Equal(TimeSpan.Zero, _throttle.PauseOf("ada", "1.2.3.4"));
    }

    [Fact]
    public void PauseOfStrangers_GuessedFromEverywhere_IsShort()
    {
        for (var i = 0; i < 99; i++)
        {
            Fail(1, "ada", $"10.0.0.{i}");
        }

        Assert.Equal(TimeSpan.Zero, _throttle.PauseOfStrangers("ada"));
        for (var i = 0; i < 50; i++)
        {
            Fail(1, "ada", $"10.0.1.{i}");
        }

        Assert.Equal(TimeSpan.FromSeconds(30), _throttle.PauseOfStrangers("ada"));
        Assert.Equal(TimeSpan.Zero, _throttle.PauseOfStrangers("bob"));
    }

    [Fact]
    public void PauseOf_FloodOfNames_DoesNotFreeTheOneThatIsGuessedAt()
    {
        Fail(10, "ada", "1.2.3.4");

        for (var i = 0; i < 60_000; i++)
        {
            Fail(1, $"name-{i}", "5.6.7.8");
        }

        Assert.NotEqual(TimeSpan.Zero, _throttle.PauseOf("ada", "1.2.3.4"));
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2::")]
    [InlineData(null, "")]
    public void NetworkOf_Address_IsWhatOnePartyHas(string? address, string network) => Assert.Equal(network, LogInThrottle.NetworkOf(address));

    private void Fail(int times, string account, string network)
    {
        for (var i = 0; i < times; i++)
        {
            _throttle.Failed(account, network);
        }
    }
}
