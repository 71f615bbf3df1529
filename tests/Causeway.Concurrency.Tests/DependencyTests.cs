namespace Causeway.Concurrency.Tests;

public sealed class DependencyTests
{
    [Fact]
    public void Concurrency_References_NoSibling() => Assert.DoesNotContain(
        typeof(Race).Assembly.GetReferencedAssemblies(),
        static assembly => assembly.Name!.StartsWith("Causeway.", StringComparison.Ordinal));
}
