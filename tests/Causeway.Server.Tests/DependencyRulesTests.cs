using System.Xml.Linq;

namespace Causeway.Server.Tests;

/// <summary>Who may know whom. A project that is not in the list may not be in the house.</summary>
public sealed class DependencyRulesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Causeway.Concurrency"] = [],
        ["Causeway.Hosting"] = [],
        ["Causeway.Data"] = [],
        ["Causeway.Http"] = [],
        ["Causeway.WebSockets"] = [],
        ["Causeway.Realtime"] = ["Causeway.WebSockets", "Causeway.Http"],
        ["Causeway.Realtime.Sql"] = ["Causeway.Realtime", "Causeway.Data"],
        ["Causeway.Realtime.RabbitMq"] = ["Causeway.Realtime"],
        ["Causeway.Relay"] = ["Causeway.WebSockets", "Causeway.Hosting", "Causeway.Http"],
        ["Causeway.Streams"] = ["Causeway.Http"],
        ["Causeway.Identity"] = ["Causeway.Data", "Causeway.Http"],
        ["Causeway.Jobs"] = ["Causeway.Data", "Causeway.Hosting"],
        ["Causeway.Server"] = ["Causeway.Concurrency", "Causeway.Hosting", "Causeway.Data", "Causeway.Http", "Causeway.Identity", "Causeway.Jobs", "Causeway.WebSockets", "Causeway.Realtime", "Causeway.Realtime.Sql", "Causeway.Realtime.RabbitMq", "Causeway.Relay", "Causeway.Streams"],
    };

    private static readonly string Root = FindRoot();

    public static TheoryData<string> Projects => [.. Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories).Select(static path => Path.GetFileNameWithoutExtension(path)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_InTheHouse_KnowsOnlyWhomItMay(string project)
    {
        Assert.True(Allowed.TryGetValue(project, out var allowed), $"{project} has no rule yet.");

        Assert.Empty(ReferencesOf(project).Except(allowed));
    }

    [Fact]
    public void Projects_OfTheHouse_AreAllThere() => Assert.Equal(Allowed.Keys.Order(), Projects.Select(static row => row.Data).Order());

    [Fact]
    public void Libraries_OfTheLiveService_NeedNoPackage()
    {
        foreach (var project in new[] { "Causeway.WebSockets", "Causeway.Http", "Causeway.Realtime", "Causeway.Hosting", "Causeway.Relay", "Causeway.Streams", "Causeway.Concurrency" })
        {
            Assert.Empty(Read(project).Descendants("PackageReference").Select(static element => element.Attribute("Include")?.Value));
        }
    }

    private static IEnumerable<string> ReferencesOf(string project) => Read(project).Descendants("ProjectReference")
        .Select(static element => Path.GetFileNameWithoutExtension(element.Attribute("Include")!.Value.Replace('\\', '/')));

    private static XDocument Read(string project) => XDocument.Load(Path.Combine(Root, "src", project, project + ".csproj"));

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Causeway.slnx")))
            {
                return directory.FullName;
            }
        }

        throw new DirectoryNotFoundException("Causeway.slnx is in none of the parent directories.");
    }
}
