namespace Causeway.Relay.Tests.Site;

/// <summary>B1: only names with a hash are kept for good.</summary>
public sealed class HashedNameTests
{
    [Theory]
    [InlineData("index-BfX2a9Qz.js")]
    [InlineData("index-BfX2a9Qz.js.map")]
    [InlineData("vendor.react-D4k_-9Xa.js")]
    [InlineData("inter-latin-Dx4kXJAl.woff2")]
    [InlineData("main.3f2a1b9c.css")]
    [InlineData("chunk.abcdef12.js")]
    [InlineData("main.3f2a1b9c.chunk.js")]
    [InlineData("787.9c1f2e3d4a5b6c7d8e9f.js")]
    [InlineData("framework-2c79e2a64abdb08b.js")]
    [InlineData("chunk-5GQBSYP7.js")]
    public void Is_NameOfABuildTool_True(string name) => Assert.True(HashedName.Is(name));

    [Theory]
    [InlineData("index.html")]
    [InlineData("jquery-3.7.1.min.js")]
    [InlineData("bootstrap.bundle.min.js")]
    [InlineData("user-settings.js")]
    [InlineData("user-Settings.js")]
    [InlineData("icon-LoadMore.svg")]
    [InlineData("icon-FACEBOOK.svg")]
    [InlineData("hero-1280x720.jpg")]
    [InlineData("photo-20240115.jpg")]
    [InlineData("panel-v2-Panel.js")]
    [InlineData("roboto-Bold700x.woff")]
    [InlineData("data-JSONData.js")]
    [InlineData("bad-deadbeef.js")]
    [InlineData("550e8400-e29b-41d4-a716-446655440a00.jpg")]
    [InlineData("photo-550e8400-e29b-41d4-a716-446655440a00.jpg")]
    [InlineData("3f2a1b9c")]
    [InlineData("")]
    public void Is_NameThatAPersonGave_False(string name) => Assert.False(HashedName.Is(name));
}
