using Causeway.Testing;

namespace Causeway.Relay.Tests.Routes;

/// <summary>Several routes to one backend: the stricter one can't be gone round by a spelling that only the backend understands.</summary>
public sealed class RouteAccessTests
{
    [Theory]
    [InlineData("/admin/x", 403)]
    [InlineData("/%61dmin/x", 403)]
    [InlineData("/ADMIN/x", 403)]
    [InlineData("/open/%2e%2e/admin/x", 403)]
    [InlineData("/admin%2fx", 400)]
    [InlineData("/ADMIN%2Fx", 400)]
    [InlineData("//admin/x", 400)]
    [InlineData("/%2Fadmin/x", 400)]
    [InlineData("/admin%5cx", 400)]
    [InlineData("/admin\\x", 400)]
    [InlineData("/admin;v=1/x", 400)]
    [InlineData("/open/..;/admin/x", 400)]
    [InlineData("/admin/open%2fx", 403)]
    [InlineData("/open/admin%2fx", 200)]
    [InlineData("/open//x;v=1", 200)]
    [InlineData("/administrator%2fx", 200)]
    public async Task Target_OfAStricterRouteToTheBackendOnly_IsRefused(string target, int status)
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(relay =>
        {
            RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url);
            relay.Routes.Add(new RouteOptions { Path = "/admin/{**rest}", Backend = "app", Access = "role:editor" });
        });

        Assert.Equal(status, (await EchoBackend.AskAsync(front, target)).Status);
        Assert.Equal(status == 200 ? $"GET {target} HTTP/1.1" : "", backend.RequestLine);
    }

    [Fact]
    public async Task Target_BelowAnOpenRouteInAStricterOne_Passes()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(relay =>
        {
            RelayFront.Add(relay, "/public/{**rest}", "app", static _ => { }, backend.Url);
            relay.Routes.Add(new RouteOptions { Path = "/{**rest}", Backend = "app", Access = "authenticated" });
        });

        Assert.Equal(200, (await EchoBackend.AskAsync(front, "/public/a%2Fb")).Status);
    }
}
