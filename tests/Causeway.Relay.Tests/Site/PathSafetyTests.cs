using System.Net.Sockets;
using System.Text;
using Causeway.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Relay.Tests.Site;

/// <summary>B1: nothing outside the directory, and nothing hidden in it, gets out.</summary>
public sealed class PathSafetyTests : IAsyncLifetime
{
    private static readonly string[] Pieces =
        ["..", ".", "/", "//", "\\", "%2e", "%2E%2e", "%2f", "%2F", "%5c", "%00", "%252e", "%252f", "secret.txt", "a", "dist", "index.html", "logo.svg", ".env", ".git", ":", "::$DATA", "con", "c:", "~", " ", "%20", ";", "?", "*", "|", "\u00a0", "…", "．．"];

    private SiteServer _site = null!;

    public async ValueTask InitializeAsync() => _site = await SiteServer.StartAsync(prepare: static files =>
    {
        files.Write("dist/.env", "PASSWORD=hunter2");
        files.Write("dist/.git/config", "[remote]");
        files.Write("dist/sub/.hidden/file.txt", "hidden");
        files.Write("dist-2/index.html", "a sibling whose name begins the same");
        Link(files, "dist/out.txt", files["secret.txt"]);
        Link(files, "dist/out", files.Path);
        Link(files, "dist/beside", files["dist-2"]);
        Link(files, "dist/loop", files["dist/loop"]);
        Link(files, "dist/inside.svg", files["dist/logo.svg"]);
        files.Write("dist/styles.css", "plain");
        Link(files, "dist/styles.css.br", files["secret.txt"]);
    });

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Theory]
    [InlineData("/../secret.txt")]
    [InlineData("/..%2fsecret.txt")]
    [InlineData("/..%5csecret.txt")]
    [InlineData("/..\\secret.txt")]
    [InlineData("/%2e%2e/secret.txt")]
    [InlineData("/assets/..%2f..%2fsecret.txt")]
    [InlineData("/assets/%2e%2e/%2e%2e/secret.txt")]
    [InlineData("/.env")]
    [InlineData("/%2eenv")]
    [InlineData("/.git/config")]
    [InlineData("/sub/.hidden/file.txt")]
    [InlineData("/.well-known/../.env")]
    [InlineData("/logo.svg%00.js")]
    [InlineData("/logo.svg::$DATA")]
    [InlineData("/c:/secret.txt")]
    [InlineData("//etc/passwd")]
    [InlineData("/index.html.")]
    [InlineData("/index.html%20")]
    [InlineData("/out.txt")]
    [InlineData("/out/secret.txt")]
    [InlineData("/beside/index.html")]
    [InlineData("/beside")]
    [InlineData("/loop")]
    public async Task Get_PathThatLeadsElsewhere_NothingOfItComesOut(string path)
    {
        var answer = await _site.GetAsync(path);

        Assert.InRange(answer.Status, 400, 404);
        AssertHarmless(path, answer);
    }

    [Theory]
    [InlineData("/.env")]
    [InlineData("/.git/HEAD")]
    [InlineData("/a\\b")]
    public async Task Navigate_PathOfAnIntruder_IsNotEvenThePage(string path) => Assert.Equal(404, (await _site.NavigateAsync(path)).Status);

    [Fact]
    public async Task Get_LinkInsideTheDirectory_IsFollowed() => Assert.Equal(200, (await _site.GetAsync("/inside.svg")).Status);

    [Fact]
    public async Task Get_VariantThatLinksOutside_ThePlainFileIsSent()
    {
        var answer = await _site.GetAsync("/styles.css", ("Accept-Encoding", "br"));

        Assert.Equal((200, "plain", null), (answer.Status, answer.Text, answer.Header("Content-Encoding")));
    }

    [Fact]
    public async Task Get_DirectoryIsALinkThatADeploymentSwaps_TheNextBuildIsServed()
    {
        using var files = new TempDirectory();
        files.Write("one/index.html", "one");
        files.Write("two/index.html", "two");
        Link(files, "current", files["one"]);
        await using var site = await SiteServer.StartAsync(options => options.Directory = files["current"]);
        Assert.Equal("one", (await site.NavigateAsync("/deep")).Text);

        File.Delete(files["current"]);
        Link(files, "current", files["two"]);

        Assert.Equal("two", (await site.NavigateAsync("/deep")).Text);
    }

    [Fact]
    public async Task Get_FileThatCannotBeRead_NotFoundAndLogged()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_site["app.sock"]));

        Assert.Equal(404, (await _site.GetAsync("/app.sock")).Status);
        Assert.NotEmpty(_site.Logs.Named("SiteFileNotReadable"));
    }

    /// <summary>Whatever a path is made of, what is taken for a file stays below the directory once it is joined, on any system.</summary>
    [Fact]
    public void Of_AnyPath_NeverLeavesTheDirectory()
    {
        var path = Gen.Elements(Pieces).ArrayOf().Select(static pieces => "/" + string.Concat(pieces))
            .Or(ArbMap.Default.GeneratorFor<NonNull<string>>().Select(static text => "/" + text.Get));
        Prop.ForAll(path.ToArbitrary(), static text =>
        {
            var read = SitePath.Of(text);
            var root = Path.GetFullPath("/srv/site");
            return read.Kind != SitePathKind.File
                || (Path.GetFullPath(Path.Join(root, read.Relative)) + "/").StartsWith(root + "/", StringComparison.Ordinal)
                    && !read.Relative.Split('/').Any(static segment => segment is ".." or "." || segment.Contains('\\', StringComparison.Ordinal))
                    && !read.Relative.Contains('\0', StringComparison.Ordinal)
                    && read.Relative.Split('/').All(static segment => !segment.StartsWith('.') || segment == ".well-known");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    /// <summary>The same against the running server: only what is the site's comes out.</summary>
    [Fact]
    public async Task Get_AnyPath_OnlyTheSiteComesOut()
    {
        var paths = Gen.Elements(Pieces.Where(static piece => piece.All(char.IsAscii) && piece != " ").ToArray())
            .ArrayOf(5).Select(static pieces => "/" + string.Concat(pieces)).Sample(400, 300);
        foreach (var path in paths)
        {
            AssertHarmless(path, await _site.GetAsync(path, ("Accept", "text/html")));
        }
    }

    private static void AssertHarmless(string path, HttpAnswer answer)
    {
        var text = Encoding.UTF8.GetString(answer.Body);
        foreach (var secret in new[] { "nobody's business", "hunter2", "[remote]", "hidden", "sibling" })
        {
            Assert.False(text.Contains(secret, StringComparison.Ordinal), $"{path}: {text}");
        }
    }

    private static void Link(TempDirectory files, string name, string target) => File.CreateSymbolicLink(files[name], target);
}
