using System.Globalization;
using Causeway.Testing;
using Microsoft.Extensions.Logging;

namespace Causeway.Hosting.Tests.Children;

/// <summary>Children with a data directory and a log of their own.</summary>
internal sealed class ChildHouse : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();

    /// <param name="tools">What the machine has; null for what it really has.</param>
    public ChildHouse(SpawnTools? tools = null)
    {
        Journal = new ChildJournal(JournalDirectory);
        Children = new ChildProcesses(Journal, TimeProvider.System, Logs.CreateFactory().CreateLogger<ChildProcesses>(), tools);
    }

    public LogProbe Logs { get; } = new();

    public ChildJournal Journal { get; }

    public ChildProcesses Children { get; }

    public string Path => _directory.Path;

    public string JournalDirectory => _directory["children"];

    public string[] Records => Directory.Exists(JournalDirectory) ? Directory.GetFiles(JournalDirectory, "*.json") : [];

    public OrphanSweep Sweep => new(Journal, Logs.CreateFactory().CreateLogger<OrphanSweep>());

    /// <summary>Starts a script of the shell.</summary>
    public Task<ChildProcess> StartAsync(string script, string? user = null, params (string Name, string Value)[] environment) =>
        Children.StartAsync(new ChildStart
        {
            Name = "test",
            Command = ["sh", "-c", script],
            User = user,
            Environment = environment.ToDictionary(static pair => pair.Name, static pair => pair.Value),
        });

    /// <summary>The next line of what a child prints.</summary>
    public static async Task<string> LineAsync(ChildProcess child) => await new StreamReader(child.Output).ReadLineAsync().Within() ?? "";

    public static int Number(string text) => int.Parse(text.Trim(), CultureInfo.InvariantCulture);

    public static bool Runs(int processId) => ProcessTable.Stat(processId) is { HasEnded: false };

    public async ValueTask DisposeAsync()
    {
        await Children.DisposeAsync();
        _directory.Dispose();
    }
}
