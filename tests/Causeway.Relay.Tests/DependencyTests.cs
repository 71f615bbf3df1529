namespace Causeway.Relay.Tests;

public sealed class DependencyTests
{
    [Fact]
    public void Relay_References_HostingHttpAndWebSocketsAtMost() => Assert.Empty(
        typeof(RelayOptions).Assembly.GetReferencedAssemblies()
            .Select(static assembly => assembly.Name!)
            .Where(static name => name.StartsWith("Causeway.", StringComparison.Ordinal))
            .Except(["Causeway.Hosting", "Causeway.Http", "Causeway.WebSockets"]));
}
