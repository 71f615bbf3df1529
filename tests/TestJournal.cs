using Microsoft.Testing.Platform.Builder;
using Microsoft.Testing.Platform.Extensions;
using Microsoft.Testing.Platform.Extensions.Messages;

namespace Causeway.Testing;

/// <summary>Writes down as they come which tests begin and how they end, so that a run that is cut short has told what it was at. Part of every test project.</summary>
/// <remarks>
/// The file is the one that <c>CAUSEWAY_TEST_JOURNAL</c> names; without it nothing is written. A line is the second since 1970, <c>started</c> or the end
/// (<c>passed</c>, <c>failed</c>, <c>skipped</c>), the test's number and its name, with tabs between them.
/// </remarks>
internal sealed class TestJournal : IDataConsumer, IDisposable
{
    private readonly StreamWriter? _file;
    private readonly Dictionary<string, int> _numbers = [];

    private TestJournal()
    {
        if (Environment.GetEnvironmentVariable("CAUSEWAY_TEST_JOURNAL") is { Length: > 0 } path)
        {
            _file = new StreamWriter(path) { AutoFlush = true };
        }
    }

    /// <inheritdoc/>
    public string Uid => "Causeway.TestJournal";

    /// <inheritdoc/>
    public string Version => "1.0.0";

    /// <inheritdoc/>
    public string DisplayName => "Journal of tests";

    /// <inheritdoc/>
    public string Description => "Tells of each test when it begins and when it ends.";

    /// <inheritdoc/>
    public Type[] DataTypesConsumed { get; } = [typeof(TestNodeUpdateMessage)];

    /// <summary>What the program that the build makes of a test project calls.</summary>
    public static void AddExtensions(ITestApplicationBuilder builder, string[] _) => builder.TestHost.AddDataConsumer(static _ => new TestJournal());

    /// <inheritdoc/>
    public Task<bool> IsEnabledAsync() => Task.FromResult(_file is not null);

    /// <inheritdoc/>
    public Task ConsumeAsync(IDataProducer dataProducer, IData value, CancellationToken cancellationToken)
    {
        var test = ((TestNodeUpdateMessage)value).TestNode;
        var what = test.Properties.SingleOrDefault<TestNodeStateProperty>() switch
        {
            null or DiscoveredTestNodeStateProperty => null,
            InProgressTestNodeStateProperty => "started",
            PassedTestNodeStateProperty => "passed",
            SkippedTestNodeStateProperty => "skipped",
            _ => "failed",
        };
        if (what is not null && _file is not null)
        {
            _numbers.TryAdd(test.Uid.Value, _numbers.Count + 1);
            var number = _numbers[test.Uid.Value];
            _file.WriteLine(FormattableString.Invariant($"{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}\t{what}\t{number}\t{test.DisplayName.ReplaceLineEndings(" ")}"));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();
}
