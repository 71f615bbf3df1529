using System.Runtime.Versioning;
using Causeway.Testing;

namespace Causeway.Hosting.Tests.Files;

[UnsupportedOSPlatform("windows")]
public sealed class PrivateFileTests : IDisposable
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerDirectory = OwnerFile | UnixFileMode.UserExecute;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Write_NewFile_IsPrivateAndComplete()
    {
        var path = _directory["token"];

        PrivateFile.Write(path, "secret");

        Assert.Equal(OwnerFile, File.GetUnixFileMode(path));
        Assert.Equal("secret", File.ReadAllText(path));
        Assert.Single(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Write_FileOpenToOthers_IsReplacedByAPrivateOne()
    {
        var path = _directory.Write("token", "old and longer");
        File.SetUnixFileMode(path, OwnerFile | UnixFileMode.OtherRead);

        PrivateFile.Write(path, "new");

        Assert.Equal(("new", OwnerFile), (File.ReadAllText(path), File.GetUnixFileMode(path)));
    }

    [Fact]
    public void Write_CantBePutInPlace_LeavesNothingBehind()
    {
        Directory.CreateDirectory(_directory["taken/inside"]);

        Assert.ThrowsAny<Exception>(() => PrivateFile.Write(_directory["taken"], "x"));

        Assert.Equal(_directory["taken"], Assert.Single(Directory.GetFileSystemEntries(_directory.Path)));
    }

    [Fact]
    public async Task TryCreate_ManyAtOnce_OneWins()
    {
        var path = _directory["key"];

        var won = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(() => (i, won: PrivateFile.TryCreate(path, [(byte)i]))))).Within();

        var winner = Assert.Single(won, static result => result.won);
        Assert.Equal([(byte)winner.i], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Create_NewDirectory_IsPrivate()
    {
        Assert.True(PrivateDirectory.Create(_directory["a/b"]));

        Assert.Equal(OwnerDirectory, File.GetUnixFileMode(_directory["a/b"]));
        Assert.True(PrivateDirectory.Create(_directory["a/b"]));
    }

    [Fact]
    public void Create_OpenDirectory_IsClosedOnlyWhileEmpty()
    {
        var path = _directory["open"];
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, OwnerDirectory | UnixFileMode.OtherRead);
        File.WriteAllText(Path.Combine(path, "somebody's"), "");

        Assert.False(PrivateDirectory.Create(path));
        Assert.Equal(OwnerDirectory | UnixFileMode.OtherRead, File.GetUnixFileMode(path));

        File.Delete(Path.Combine(path, "somebody's"));
        Assert.True(PrivateDirectory.Create(path));
        Assert.Equal(OwnerDirectory, File.GetUnixFileMode(path));
    }
}
