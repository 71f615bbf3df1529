using System.Text.RegularExpressions;

namespace Causeway.Http.Tests;

/// <summary>E4: the admin token is made once and readable by the service's user alone.</summary>
public sealed partial class AdminTokenTests : IDisposable
{
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void LoadOrCreate_FirstTime_MakesAPrivateFileWith256Bits()
    {
        var directory = _temp["data"];

        var token = AdminToken.LoadOrCreate(directory);

        Assert.True(token.IsNew);
        Assert.Matches(Base64UrlOf32Bytes(), token.Value);
        Assert.Equal(token.Value, File.ReadAllText(token.Path).Trim());
        Assert.Equal([AdminToken.FileName], Directory.GetFiles(directory).Select(Path.GetFileName));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(FileMode, File.GetUnixFileMode(token.Path));
            Assert.Equal(FileMode | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
        }
    }

    [Fact]
    public void LoadOrCreate_Again_GivesTheSame()
    {
        var first = AdminToken.LoadOrCreate(_temp.Path);
        var second = AdminToken.LoadOrCreate(_temp.Path);

        Assert.False(second.IsNew);
        Assert.True(second.Matches(first.Value));
        Assert.False(second.Matches(first.Value[..^1]));
        Assert.NotEqual(first.Value, AdminToken.LoadOrCreate(_temp["other"]).Value);
    }

    [Fact]
    public async Task LoadOrCreate_ManyAtOnce_AgreeOnOne()
    {
        for (var round = 0; round < 20; round++)
        {
            var directory = _temp[$"race{round}"];
            var tokens = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => AdminToken.LoadOrCreate(directory).Value))).Within();

            Assert.Single(tokens.Distinct());
            Assert.Single(Directory.GetFiles(directory));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("not base64url, but about as long as one!!!!")]
    public void LoadOrCreate_FileHoldsSomethingElse_RefusesAndNamesIt(string text)
    {
        var path = _temp.Write(AdminToken.FileName, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, FileMode);
        }

        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => AdminToken.LoadOrCreate(_temp.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void LoadOrCreate_OthersMayReadTheFile_RefusesIt(UnixFileMode more)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Unix file modes.");
            return;
        }

        File.SetUnixFileMode(AdminToken.LoadOrCreate(_temp.Path).Path, FileMode | more);

        Assert.Contains("chmod 600", Assert.Throws<InvalidDataException>(() => AdminToken.LoadOrCreate(_temp.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_NeverTellsTheSecret()
    {
        var token = AdminToken.LoadOrCreate(_temp.Path);

        Assert.DoesNotContain(token.Value, $"{token}", StringComparison.Ordinal);
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{43}$")]
    private static partial Regex Base64UrlOf32Bytes();
}
