using Causeway.Testing;

namespace Causeway.Hosting.Tests.Configuration;

/// <summary>A working directory and an environment of the test's own.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly TempDirectory _directory = new();

    public Dictionary<string, string?> Variables { get; } = new(StringComparer.Ordinal);

    public string Path => _directory.Path;

    public string Write(string name, string text) => _directory.Write(name, text);

    public CausewayConfiguration Load(params string[] args) => CausewayConfiguration.Load(args, settings =>
    {
        settings.WorkingDirectory = Path;
        settings.Variables = Variables;
    });

    public void Dispose() => _directory.Dispose();
}
