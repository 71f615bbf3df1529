using System.Reflection;

namespace Causeway.Http.Tests;

/// <summary>The rules that hold for the library as a whole.</summary>
public sealed class HouseTests
{
    private static readonly Assembly Library = typeof(ApiError).Assembly;

    [Fact]
    public void Http_ReferencesNoSibling() => Assert.DoesNotContain(
        Library.GetReferencedAssemblies(), static a => a.Name!.StartsWith("Causeway.", StringComparison.Ordinal));

    [Fact]
    public void EventIds_AreUniqueAndOurs()
    {
        var ids = Library.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId)
            .OfType<int>()
            .ToList();

        Assert.NotEmpty(ids);
        Assert.Equal(ids.Distinct(), ids);
        Assert.All(ids, static id => Assert.InRange(id, 2_000, 2_999));
    }

    [Fact]
    public void ErrorCodes_AreUniqueAndWellFormed()
    {
        Assert.Equal(ErrorCode.All.Select(static code => code.Name).Distinct(), ErrorCode.All.Select(static code => code.Name));
        Assert.All(ErrorCode.All, static code => Assert.Matches("^[A-Z]+(_[A-Z]+)*$", code.Name));
        Assert.All(ErrorCode.All, static code => Assert.InRange(code.Status, 400, 599));
    }
}
