namespace Causeway.Realtime.Tests;

/// <summary>E3: what a permission covers.</summary>
public sealed class RealtimeIdentityTests
{
    [Theory]
    [InlineData("publish:general", "publish", "general", true)]
    [InlineData("publish:general", "publish", "general2", false)]
    [InlineData("publish:general", "join", "general", false)]
    [InlineData("publish:team:*", "publish", "team:red", true)]
    [InlineData("publish:team:*", "publish", "team:", true)]
    [InlineData("publish:team:*", "publish", "teams:red", false)]
    [InlineData("publish:*", "publish", "anything", true)]
    [InlineData("publish:", "publish", "general", false)]
    [InlineData("publish", "publish", "general", false)]
    [InlineData("PUBLISH:general", "publish", "general", false)]
    [InlineData("publisher:general", "publish", "general", false)]
    [InlineData("*", "publish", "general", true)]
    [InlineData("pub*", "publish", "general", true)]
    [InlineData("publish*", "publish", "general", true)]
    [InlineData("join*", "publish", "general", false)]
    [InlineData("publish:general*", "publish", "general", true)]
    [InlineData("publish:general:*", "publish", "general", false)]
    [InlineData("", "publish", "general", false)]
    public void Allows_OnePermission_CoversWhatItNames(string permission, string verb, string room, bool expected)
    {
        var identity = new RealtimeIdentity { UserId = "ada", Permissions = new HashSet<string> { permission } };

        Assert.Equal(expected, identity.Allows(verb, RoomId.Parse(room)));
    }

    [Fact]
    public void Allows_Admin_Everything() => Assert.True(new RealtimeIdentity { IsAdmin = true }.Allows("publish", RoomId.Parse("general")));

    [Fact]
    public void Allows_Nobody_Nothing() => Assert.False(RealtimeIdentity.Anonymous.Allows("join", RoomId.Parse("general")));
}
