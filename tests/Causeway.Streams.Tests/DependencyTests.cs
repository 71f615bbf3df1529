namespace Causeway.Streams.Tests;

public sealed class DependencyTests
{
    [Fact]
    public void Streams_References_HttpAtMost() => Assert.Empty(
        typeof(StreamsOptions).Assembly.GetReferencedAssemblies()
            .Select(static assembly => assembly.Name!)
            .Where(static name => name.StartsWith("Causeway.", StringComparison.Ordinal))
            .Except(["Causeway.Http"]));
}
