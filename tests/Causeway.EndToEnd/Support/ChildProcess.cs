using System.Collections.Concurrent;
using System.Diagnostics;
using Causeway.Testing;

namespace Causeway.EndToEnd;

/// <summary>A process whose output is kept line by line and which never outlives its test.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _output = new();

    private ChildProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        Process = new Process { StartInfo = start };
        Process.OutputDataReceived += (_, e) => Keep(e.Data, _output);
        Process.ErrorDataReceived += (_, e) => Keep(e.Data, null);
        Process.Start();
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
    }

    /// <summary>The process.</summary>
    public Process Process { get; }

    /// <summary>Everything it printed so far, standard error included, in order of arrival.</summary>
    public IReadOnlyList<string> Lines => [.. _lines];

    /// <summary>What it printed on standard output.</summary>
    public IReadOnlyList<string> Output => [.. _output];

    /// <summary>Everything it printed, as one text.</summary>
    public string Text => string.Join('\n', _lines);

    /// <summary>Starts a program.</summary>
    public static ChildProcess Start(string program, IEnumerable<string> arguments, string? directory = null, IReadOnlyDictionary<string, string?>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments);
        if (directory is not null)
        {
            start.WorkingDirectory = directory;
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(start);
    }

    /// <summary>Waits until a line of the output fits.</summary>
    public async Task<string> LineAsync(Func<string, bool> fits, string what)
    {
        string? found = null;
        await Eventually.True(
            () => (found = _lines.FirstOrDefault(fits)) is not null || Process.HasExited, what: $"a line of output: {what}. Output so far:\n{Text}");
        if (found is null)
        {
            await ExitAsync();
        }

        return found ?? _lines.FirstOrDefault(fits) ?? throw new InvalidOperationException($"It exited with {Process.ExitCode} before it printed {what}:\n{Text}");
    }

    /// <summary>Waits until so many lines of the output start with a word, and returns the last of them without it.</summary>
    public async Task<string> TellsAsync(string word, int count = 1)
    {
        var lines = () => Output.Where(line => line == word || line.StartsWith(word + " ", StringComparison.Ordinal)).ToList();
        await Eventually.True(() => lines().Count >= count || Process.HasExited, what: $"{count} × '{word}'. Output so far:\n{Text}");
        if (lines().Count < count)
        {
            await ExitAsync();
        }

        var found = lines();
        return found.Count >= count
            ? found[count - 1][word.Length..].TrimStart()
            : throw new InvalidOperationException($"It exited with {Process.ExitCode} before it told {count} × '{word}':\n{Text}");
    }

    /// <summary>Writes a line to its standard input.</summary>
    public async Task SayAsync(string line)
    {
        await Process.StandardInput.WriteLineAsync(line);
        await Process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for the end and returns the exit code, with all output read.</summary>
    public async Task<int> ExitAsync(TimeSpan? limit = null)
    {
        using var expired = new CancellationTokenSource(limit ?? Limits.Test);
        try
        {
            await Process.WaitForExitAsync(expired.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Process {Process.Id} is still running. Output:\n{Text}");
        }

        return Process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited)
        {
            Process.Kill(entireProcessTree: true);
            await ExitAsync();
        }

        Process.Dispose();
    }

    private void Keep(string? line, ConcurrentQueue<string>? also)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
            also?.Enqueue(line);
        }
    }
}
