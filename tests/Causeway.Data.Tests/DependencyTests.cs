namespace Causeway.Data.Tests;

public sealed class DependencyTests
{
    [Fact]
    public void Data_References_NoSibling() => Assert.DoesNotContain(
        typeof(Database).Assembly.GetReferencedAssemblies(), static assembly => assembly.Name!.StartsWith("Causeway.", StringComparison.Ordinal));
}
