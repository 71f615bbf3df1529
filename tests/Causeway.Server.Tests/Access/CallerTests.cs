namespace Causeway.Server.Tests.Access;

public sealed class CallerTests
{
    [Theory]
    [InlineData("users:read", "users:read", true)]
    [InlineData("users:read", "users:write", false)]
    [InlineData("users:*", "users:write", true)]
    [InlineData("users:*", "userspace:write", false)]
    [InlineData("*", "users:write", true)]
    [InlineData("users", "users:read", false)]
    [InlineData("Users:read", "users:read", false)]
    [InlineData("", "users:read", false)]
    public void Has_OnePermission_CoversWhatItNames(string held, string asked, bool expected)
    {
        var caller = new Caller { Principal = "user:ada", UserId = "ada", Permissions = new HashSet<string> { held } };

        Assert.Equal(expected, caller.Has(asked));
    }

    [Fact]
    public void Has_Admin_Everything() => Assert.True(Caller.AdminToken.Has("users:write"));

    [Fact]
    public void Sender_User_IsTheUser() => Assert.Equal("ada", new Caller { Principal = "user:ada", UserId = "ada" }.Sender?.UserId);

    [Fact]
    public void Sender_Admin_IsTheServer() => Assert.Null(new Caller { Principal = "user:ada", UserId = "ada", IsAdmin = true }.Sender);
}
