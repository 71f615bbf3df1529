using System.Text.Json.Nodes;

namespace Causeway.Server;

/// <summary>The one shape of every error.</summary>
/// <remarks>For the OpenAPI document only: the error writer needs no type.</remarks>
internal sealed record ErrorDocument(ErrorBody Error);

/// <summary>What went wrong.</summary>
/// <param name="Code">For programs; more codes may come, so an unknown one is to be taken by its status.</param>
/// <param name="Message">For people.</param>
/// <param name="Details">Fields, limits, times.</param>
/// <param name="RequestId">Under which the log has the story.</param>
internal sealed record ErrorBody(string Code, string Message, JsonObject Details, string RequestId);

/// <summary>The same in the form of RFC 9457, for a request that accepts <c>application/problem+json</c>.</summary>
/// <param name="Type">Always <c>about:blank</c>: the code says which problem it is.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The status.</param>
/// <param name="Code">For programs.</param>
/// <param name="Detail">For people.</param>
/// <param name="Details">Fields, limits, times.</param>
/// <param name="RequestId">Under which the log has the story.</param>
internal sealed record ProblemDocument(string Type, string Title, int Status, string Code, string Detail, JsonObject Details, string RequestId);
