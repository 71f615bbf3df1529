namespace Causeway.Hosting.Tests;

public sealed class DependencyTests
{
    [Fact]
    public void Hosting_ReferencesNoSibling() => Assert.DoesNotContain(
        typeof(CausewayConfiguration).Assembly.GetReferencedAssemblies(),
        static assembly => assembly.Name!.StartsWith("Causeway.", StringComparison.Ordinal));
}
