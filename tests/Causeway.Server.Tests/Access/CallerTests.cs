namespace Causeway.Server.Tests.Access;

public sealed class CallerTests
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
    [InlineData("*", "publish", "general", false)]
    public void May_OnePermission_CoversWhatItNames(string permission, string verb, string room, bool expected)
    {
        var caller = new Caller { Principal = "user:ada", UserId = "ada", Permissions = new HashSet<string> { permission } };

        Assert.Equal(expected, caller.May(verb, room));
    }

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
    public void May_Admin_Everything() => Assert.True(Caller.LocalAdmin.May("publish", "general"));

    [Fact]
    public void Sender_User_IsTheUser() => Assert.Equal("ada", new Caller { Principal = "user:ada", UserId = "ada" }.Sender?.UserId);

    [Fact]
    public void Sender_Admin_IsTheServer() => Assert.Null(new Caller { Principal = "user:ada", UserId = "ada", IsAdmin = true }.Sender);
}
