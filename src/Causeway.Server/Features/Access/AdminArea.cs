namespace Causeway.Server;

/// <summary>Marks what belongs to whoever runs the service, besides the endpoints of <see cref="AccessRule.Operator"/>: the console's files, the API's description.</summary>
internal sealed class AdminArea
{
    public static AdminArea Instance { get; } = new();

    /// <summary>Whether an endpoint is for whoever runs the service.</summary>
    public static bool Has(Endpoint endpoint) =>
        endpoint.Metadata.GetMetadata<AdminArea>() is not null || endpoint.Metadata.GetMetadata<AccessRule>() is { IsForOperators: true };
}
