using System.Reflection;
using Causeway.Hosting;
using Causeway.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Relay.Tests.Routes;

public sealed class ReloadTests
{
    [Fact]
    public async Task Apply_NewRoutes_CountFromTheNextRequestOn()
    {
        await using var one = new EchoBackend();
        await using var two = new EchoBackend("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
        await using var front = await RelayFront.StartAsync(relay => RelayFront.Add(relay, "/one/{**rest}", "one", static _ => { }, one.Url));
        Assert.Equal(200, (await EchoBackend.AskAsync(front, "/one/a")).Status);
        Assert.Equal(404, (await EchoBackend.AskAsync(front, "/two/a")).Status);

        front.Services.GetRequiredService<RelayRoutes>().Apply(Options(("/two/{**rest}", "two", two.Url)));

        Assert.Equal(404, (await EchoBackend.AskAsync(front, "/one/a")).Status);
        Assert.Equal("two", (await EchoBackend.AskAsync(front, "/two/a")).Text);
    }

    [Fact]
    public async Task Apply_UnchangedBackend_KeepsItsConnections()
    {
        await using var backend = RawBackend.Start(static async peer =>
        {
            while (await peer.ReadHeadAsync() is not null)
            {
                await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        await using var front = await RelayFront.StartAsync(relay => RelayFront.Add(relay, "/a/{**rest}", "app", static _ => { }, backend.Url));
        var routes = front.Services.GetRequiredService<RelayRoutes>();
        await EchoBackend.AskAsync(front, "/a/");
        var before = routes.Backends[0];

        routes.Apply(Options(("/b/{**rest}", "app", backend.Url)));
        await EchoBackend.AskAsync(front, "/b/");

        Assert.Same(before, routes.Backends[0]);
        Assert.Equal(1, backend.Connections);
    }

    [Fact]
    public async Task Apply_ProbedBackendChangesOrGoes_ReadinessFollows()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(static options => options.Health = new HealthOptions(), backend.Url);
        var routes = front.Services.GetRequiredService<RelayRoutes>();
        var dependencies = front.Services.GetRequiredService<Dependencies>();
        var before = dependencies.Find("backend app");
        Assert.NotNull(before);

        var changed = Options(("/{**rest}", "app", backend.Url));
        changed.Backends["app"].Health = new HealthOptions { Seconds = 1 };
        routes.Apply(changed);
        Assert.NotSame(before, dependencies.Find("backend app"));
        Assert.Equal(200, (await EchoBackend.AskAsync(front)).Status);

        routes.Apply(Options(("/{**rest}", "app", backend.Url)));
        Assert.Null(dependencies.Find("backend app"));
    }

    [Fact]
    public async Task Apply_BackendGoes_FinishesWhatItHas()
    {
        var go = new TaskCompletionSource();
        await using var backend = RawBackend.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
            await go.Task;
            await peer.SendAsync("ok");
        });
        await using var front = await RelayFront.StartAsync(backend.Url);
        using var response = await front.Client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead).Within();

        front.Services.GetRequiredService<RelayRoutes>().Apply(new RelayOptions());
        Assert.Equal(404, (await EchoBackend.AskAsync(front)).Status);
        go.SetResult();

        Assert.Equal("ok", await response.Content.ReadAsStringAsync().Within());
    }

    [Fact]
    public async Task Apply_OptionsThatAreWrong_ChangesNothing()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(backend.Url);
        var wrong = new RelayOptions();
        wrong.Backends["app"] = new BackendOptions { Urls = { "ftp://x" }, ConnectSeconds = 0 };
        wrong.Routes.Add(new RouteOptions { Path = "no slash", Backend = "other" });
        wrong.Routes.Add(new RouteOptions { Path = "/{**rest}", Backend = "app" });
        wrong.Routes.Add(new RouteOptions { Path = "/{**REST}", Backend = "app" });

        var exception = Assert.Throws<ArgumentException>(() => front.Services.GetRequiredService<RelayRoutes>().Apply(wrong));

        Assert.Contains("no backend 'other'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("another route", exception.Message, StringComparison.Ordinal);
        Assert.Contains("ConnectSeconds", exception.Message, StringComparison.Ordinal);
        Assert.Equal(200, (await EchoBackend.AskAsync(front)).Status);
    }

    [Fact]
    public async Task Routes_OwnEndpoint_WinsHoweverSpecificTheRoute()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(
            relay =>
            {
                RelayFront.Add(relay, "/api/exact", "app", static _ => { }, backend.Url);
                RelayFront.Add(relay, "/{**rest}", "app", static _ => { }, backend.Url);
                RelayFront.Add(relay, "/api/{id}/x", "app", static _ => { }, backend.Url);
            },
            before: static app => app.MapGet("/api/{name}", static () => "own"));

        Assert.Equal("own", (await EchoBackend.AskAsync(front, "/api/exact")).Text);
        Assert.Equal("ok", (await EchoBackend.AskAsync(front, "/api/1/x")).Text);
        Assert.Equal("ok", (await EchoBackend.AskAsync(front, "/else")).Text);
    }

    [Theory]
    [InlineData("/term/{**rest}", true, "/term/a%2Fb/?q=1", "/base/a%2Fb/?q=1", "/term")]
    [InlineData("/term/{**rest}", true, "/term", "/base/", "/term")]
    [InlineData("/term/{**rest}", true, "/TERM/x", "/base/x", "/TERM")]
    [InlineData("/u/{user}/t/{**rest}", true, "/u/a%20b/t/x?y", "/base/x?y", "/u/a%20b/t")]
    [InlineData("/term/{**rest}", false, "/term/./x", "/base/term/x", null)]
    [InlineData("/exact", true, "/exact?x", "/base/exact?x", null)]
    public async Task Route_StripPrefix_TakesWholeSegments(string path, bool strip, string asked, string got, string? prefix)
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(relay =>
        {
            RelayFront.Add(relay, path, "app", static _ => { }, new Uri(backend.Url, "/base/"));
            relay.Routes[0].StripPrefix = strip;
        });

        await EchoBackend.AskAsync(front, asked);

        Assert.Equal($"GET {got} HTTP/1.1", backend.RequestLine);
        Assert.Equal(prefix is null ? [] : [prefix], backend.Header("X-Forwarded-Prefix"));
    }

    [Fact]
    public async Task Route_HiddenWayOut_Answers400()
    {
        await using var backend = new EchoBackend();
        await using var front = await RelayFront.StartAsync(backend.Url);

        var answer = await EchoBackend.AskAsync(front, "/a/..%2f..%2fetc");

        Assert.Equal((400, "INVALID_MESSAGE", ""), (answer.Status, answer.ErrorCode, backend.RequestLine));
    }

    [Fact]
    public void AreSame_AnyPropertyDiffers_SaysSo()
    {
        Assert.True(BackendEquality.AreSame(Full(), Full()));
        foreach (var path in new[] { "", "Health", "Process", "Process.Restart" })
        {
            foreach (var property in At(Full(), path).GetType().GetProperties().Where(static property => property.CanWrite && property.PropertyType.IsValueType | property.PropertyType == typeof(string)))
            {
                var changed = Full();
                property.SetValue(At(changed, path), Other(property, property.GetValue(At(changed, path))));
                Assert.False(BackendEquality.AreSame(Full(), changed), $"{path}.{property.Name}");
            }
        }

        var (url, command, variable) = (Full(), Full(), Full());
        url.Urls.Add("http://other");
        command.Process!.Command.Add("more");
        variable.Process!.Environment["A"] = "2";
        Assert.All([url, command, variable], static changed => Assert.False(BackendEquality.AreSame(Full(), changed)));
    }

    private static BackendOptions Full() => new()
    {
        Urls = { "http://127.0.0.1:1" },
        Health = new HealthOptions(),
        Process = new ProcessOptions { Command = { "x" }, Environment = { ["A"] = "1" } },
    };

    private static object At(BackendOptions options, string path) =>
        path.Split('.', StringSplitOptions.RemoveEmptyEntries).Aggregate((object)options, static (value, name) => value.GetType().GetProperty(name)!.GetValue(value)!);

    private static object Other(PropertyInfo property, object? value) => value switch
    {
        bool flag => !flag,
        int number => number + 1,
        double number => number + 1,
        Enum => Enum.GetValues(property.PropertyType).Cast<object>().First(other => !other.Equals(value)),
        _ => value + "x",
    };

    private static RelayOptions Options(params (string Path, string Name, Uri Url)[] routes)
    {
        var options = new RelayOptions();
        foreach (var (path, name, url) in routes)
        {
            RelayFront.Add(options, path, name, static _ => { }, url);
        }

        return options;
    }
}
