namespace Causeway.WebSockets.Tests;

public sealed class DependencyTests
{
    [Fact]
    public void WebSockets_ReferencesNoSibling() => Assert.DoesNotContain(
        typeof(MessageReader).Assembly.GetReferencedAssemblies(),
        static a => a.Name!.StartsWith("Causeway.", StringComparison.Ordinal));
}
