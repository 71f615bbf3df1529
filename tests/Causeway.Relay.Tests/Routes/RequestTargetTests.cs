using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Relay.Tests.Routes;

public sealed class RequestTargetTests
{
    [Theory]
    [InlineData("/", "/", "")]
    [InlineData("/a/b?x=1", "/a/b", "?x=1")]
    [InlineData("/a%2Fb%20c/%7e/%E2%82%AC", "/a%2Fb%20c/%7e/%E2%82%AC", "")]
    [InlineData("/a//b/", "/a//b/", "")]
    [InlineData("/a?/../b", "/a", "?/../b")]
    [InlineData("http://host:1/a/b?x", "/a/b", "?x")]
    [InlineData("http://host", "/", "")]
    [InlineData("http://host?x", "/", "?x")]
    [InlineData("/a/./b", "/a/b", "")]
    [InlineData("/a/../b", "/b", "")]
    [InlineData("/../../b", "/b", "")]
    [InlineData("/a/%2e%2E/b", "/b", "")]
    [InlineData("/a/.%2e", "/", "")]
    [InlineData("/a/b/..", "/a/", "")]
    [InlineData("/a/...", "/a/...", "")]
    [InlineData("/a/.b/..c", "/a/.b/..c", "")]
    [InlineData("/a;b=c,d/'(e)!$&+=@:", "/a;b=c,d/'(e)!$&+=@:", "")]
    public void TrySplit_Target_KeepsEveryByteSaveDotSegments(string raw, string path, string query)
    {
        Assert.True(RequestTarget.TrySplit(raw, out var gotPath, out var gotQuery));
        Assert.Equal((path, query), (gotPath, gotQuery));
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("host:443")]
    [InlineData("/a b")]
    [InlineData("/a\r\nX: y")]
    [InlineData("/a#b")]
    [InlineData("/\u00fc")]
    [InlineData("/a/..%2fb")]
    [InlineData("/a/%2e%2e%2Fb")]
    [InlineData("/a/x%2f..%2f..%2fb")]
    [InlineData("/a/..%5cb")]
    [InlineData("/a/..\\b")]
    public void TrySplit_TargetThatOthersReadDifferently_IsRefused(string raw) => Assert.False(RequestTarget.TrySplit(raw, out _, out _));

    [Theory]
    [InlineData("/term/x/y", 1, "/x/y")]
    [InlineData("/term", 1, "")]
    [InlineData("/term/", 1, "/")]
    [InlineData("/a/b/c", 2, "/c")]
    [InlineData("/a", 3, "")]
    [InlineData("/a//b", 1, "//b")]
    public void EndOf_Segments_CutsBetweenThem(string path, int segments, string rest) => Assert.Equal(rest, path[RequestTarget.EndOf(path, segments)..]);

    [Theory]
    [InlineData("?access_token=x", "")]
    [InlineData("?a=1&access_token=x&b=2", "?a=1&b=2")]
    [InlineData("?ACCESS_TOKEN=x&a", "?a")]
    [InlineData("?acce%73s_token=x&a=%26", "?a=%26")]
    [InlineData("?not_access_token=x", "?not_access_token=x")]
    [InlineData("?", "?")]
    [InlineData("", "")]
    public void Without_Parameter_LeavesTheOthersToTheLetter(string query, string rest) => Assert.Equal(rest, RequestTarget.Without(query, "access_token"));

    [Fact]
    public void TrySplit_AnyPathThatPasses_NeverLeadsUpwards()
    {
        var piece = Gen.Elements("/", "..", ".", "%2e", "%2E", "%2f", "%5C", "\\", "a", "b%20", "%", ";x", "//");
        var path = Gen.Select(Gen.ListOf(piece), static pieces => "/" + string.Concat(pieces));
        Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(path), static raw =>
        {
            if (!RequestTarget.TrySplit(raw, out var kept, out var query))
            {
                return true;
            }

            // As the most generous backend would read it.
            var read = kept.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase).Replace("%2f", "/", StringComparison.OrdinalIgnoreCase)
                .Replace("%5c", "/", StringComparison.OrdinalIgnoreCase).Replace('\\', '/');
            return kept.StartsWith('/') && query.Length == 0 && !read.Split('/').Contains("..");
        }));
    }
}
