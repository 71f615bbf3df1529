namespace Causeway.Server.Tests;

/// <summary>F12: the middleware order that is drawn in the docs is the one there is.</summary>
public sealed class RequestsDocTests
{
    private const string Arrow = "    ▼ ";

    [Fact]
    public void Order_InTheDocs_IsTheProgramsOwn()
    {
        var drawn = File.ReadLines(Path.Combine(FindRoot(), "docs", "requests.md"))
            .Where(static line => line.StartsWith(Arrow, StringComparison.Ordinal))
            .Select(static line => line[Arrow.Length..].Split("  ", 2, StringSplitOptions.TrimEntries))
            .Select(static parts => (parts[0], parts[1]));

        Assert.Equal(Pipeline.Steps.Select(static step => (step.Name, step.Why)), drawn);
    }

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
