using Causeway.Testing;

namespace Causeway.Identity.Tests;

public sealed class FileSigningKeysTests : IDisposable
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(366);
    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Load_NothingThere_MakesAKeyThatStays()
    {
        var first = Home().Load();

        Assert.Equal(first.Current.Id, Home().Load().Current.Id);
        Assert.Single(first.Keys);
    }

    [Fact]
    public void Load_FileOfAnEarlierRelease_TakesItsKey()
    {
        _directory.Write("signing.key", Convert.ToBase64String(new byte[32]) + "\n");

        Assert.Equal("generated", Home().Load().Current.Id);
    }

    [Fact]
    public async Task Rotate_NewKey_SignsAndTheOldOnesVerify()
    {
        var old = Home().Load().Current;

        var ring = await Home().RotateAsync(CancellationToken.None);

        Assert.NotEqual(old.Id, ring.Current.Id);
        Assert.NotNull(Home().Load().Find(old.Id));
        Assert.Equal(ring.Current.Id, Home().Load().Current.Id);
    }

    [Fact]
    public async Task Rotate_KeyReplacedLongAgo_IsForgotten()
    {
        var first = Home().Load().Current.Id;
        await Home().RotateAsync(CancellationToken.None);
        _time.Advance(Keep - TimeSpan.FromDays(1));
        Assert.NotNull((await Home().RotateAsync(CancellationToken.None)).Find(first));

        _time.Advance(TimeSpan.FromDays(2));
        var ring = await Home().RotateAsync(CancellationToken.None);

        Assert.Null(ring.Find(first));
        Assert.Equal(3, ring.Keys.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("c2hvcnQ=")]
    [InlineData("not base64 at all")]
    [InlineData("a AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 1\na AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= 2")]
    public void Load_DamagedFile_SaysWhichAndWhat(string text)
    {
        _directory.Write("signing.key", text);

        Assert.Contains("signing.key", Assert.Throws<InvalidDataException>(() => Home().Load()).Message, StringComparison.Ordinal);
    }

    private FileSigningKeys Home() => new(_directory["signing.key"], TestIdentity.WriteFile, Keep, _time);
}
