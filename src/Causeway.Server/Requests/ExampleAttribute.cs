namespace Causeway.Server;

/// <summary>A request that an endpoint takes, as JSON: shown by the OpenAPI document and sent by the contract test.</summary>
/// <param name="json">The request.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ExampleAttribute(string json) : Attribute
{
    /// <summary>The request.</summary>
    public string Json { get; } = json;
}
