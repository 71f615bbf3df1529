namespace Causeway.Http.Tests;

/// <summary>C4: a stored file is whole and under a name of the server's; what a crash left goes.</summary>
public sealed class UploadDirectoryTests : IDisposable
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempDirectory _directory = new();
    private readonly UploadDirectory _files;

    public UploadDirectoryTests() => _files = new UploadDirectory(Path.Combine(_directory.Path, "files"), TimeProvider.System);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Commit_File_IsReadableByItsKeyAndByNobodyElse()
    {
        await using (var incoming = _files.Begin())
        {
            await incoming.Content.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.Null(_files.OpenRead("0190-abcd"));
            incoming.Commit("0190-abcd");
            using var reader = new StreamReader(_files.OpenRead("0190-abcd")!);
            Assert.Equal("hello", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
        }

        Assert.Equal(["0190-abcd"], _files.ListStored(TimeSpan.Zero));
        Assert.Empty(_files.ListStored(TimeSpan.FromHours(1)));
        if (!OperatingSystem.IsWindows())
        {
            var path = Directory.GetFiles(_directory.Path, "0190-abcd", SearchOption.AllDirectories).Single();
            Assert.Equal(OwnerFile, File.GetUnixFileMode(path));
            for (var directory = Path.GetDirectoryName(path)!; directory != _directory.Path; directory = Path.GetDirectoryName(directory)!)
            {
                Assert.Equal(OwnerFile | UnixFileMode.UserExecute, File.GetUnixFileMode(directory));
            }
        }
    }

    [Fact]
    public async Task Dispose_WithoutCommit_LeavesNothing()
    {
        await using (var incoming = _files.Begin())
        {
            await incoming.Content.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        }

        Assert.Empty(Directory.GetFiles(_directory.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Delete_WhileItIsRead_IsReadToItsEnd()
    {
        await using (var incoming = _files.Begin())
        {
            await incoming.Content.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
            incoming.Commit("0190-abcd");
        }

        using var reader = new StreamReader(_files.OpenRead("0190-abcd")!);
        Assert.True(_files.Delete("0190-abcd"));
        Assert.False(_files.Delete("0190-abcd"));
        Assert.Null(_files.OpenRead("0190-abcd"));
        Assert.Equal("hello", await reader.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task SweepIncoming_TakesWhatACrashLeftAndNothingThatIsBeingWritten()
    {
        await using var living = _files.Begin();
        var left = Path.Combine(_directory.Path, "files", "incoming", "left");
        await File.WriteAllTextAsync(left, "half", TestContext.Current.CancellationToken);

        Assert.Equal(0, _files.SweepIncoming(TimeSpan.FromMinutes(1)));
        Assert.Equal(1, _files.SweepIncoming(TimeSpan.Zero));
        Assert.False(File.Exists(left));
        living.Commit("0190-abcd");
        Assert.NotNull(_files.OpenRead("0190-abcd"));
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("..")]
    [InlineData("abcd/efgh")]
    [InlineData("abc\0d")]
    [InlineData("ABCD")]
    [InlineData("abc")]
    [InlineData("")]
    public async Task Key_ThatCouldLeadSomewhere_IsTheCallersFault(string key)
    {
        await using var incoming = _files.Begin();
        Assert.Throws<ArgumentException>(() => incoming.Commit(key));
        Assert.Throws<ArgumentException>(() => _files.OpenRead(key));
        Assert.Throws<ArgumentException>(() => _files.Delete(key));
    }
}
