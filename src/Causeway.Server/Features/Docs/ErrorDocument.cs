using System.Text.Json.Nodes;

namespace Causeway.Server;

/// <summary>The one shape of every error.</summary>
/// <remarks>For the OpenAPI document only: the error writer needs no type.</remarks>
internal sealed record ErrorDocument(ErrorBody Error);

/// <summary>What went wrong.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Message">For people.</param>
/// <param name="Details">Fields, limits, times.</param>
/// <param name="RequestId">Under which the log has the story.</param>
internal sealed record ErrorBody(string Code, string Message, JsonObject Details, string RequestId);
