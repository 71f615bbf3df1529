namespace Causeway.Server.Tests;

/// <summary>Where the repository's files are.</summary>
internal static class House
{
    public static string Root { get; } = Find();

    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(directory.FullName, "Causeway.slnx")))
            {
                return directory.FullName;
            }
        }

        throw new DirectoryNotFoundException("Causeway.slnx is in none of the parent directories.");
    }
}
