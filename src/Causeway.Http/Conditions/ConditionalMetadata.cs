namespace Causeway.Http;

/// <summary>Marks an endpoint that takes <c>If-Match</c>; every handler with a <see cref="RequestConditions"/> has it.</summary>
public sealed class ConditionalMetadata
{
    private ConditionalMetadata()
    {
    }

    /// <summary>The one there is.</summary>
    public static ConditionalMetadata Instance { get; } = new();
}
