namespace Causeway.Server;

/// <summary>A header that an endpoint sends with one of its answers, for the OpenAPI document.</summary>
/// <param name="Status">The answer's status.</param>
/// <param name="Name">The header's name.</param>
/// <param name="Description">What it says.</param>
/// <param name="Always">Whether each such answer has it.</param>
internal sealed record ResponseHeader(int Status, string Name, string Description, bool Always = true);
