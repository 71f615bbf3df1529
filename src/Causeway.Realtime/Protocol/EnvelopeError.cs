using System.Text.Json.Nodes;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>Why a client's bytes are no envelope.</summary>
/// <param name="Code"><c>INVALID_JSON</c>, <c>INVALID_MESSAGE</c> or <c>UNSUPPORTED_VERSION</c>.</param>
/// <param name="Message">One sentence for the client's developer.</param>
/// <param name="Ref">The message's ref, where it has a usable one: the answer repeats it.</param>
internal sealed record EnvelopeError(ErrorCode Code, string Message, string? Ref)
{
    /// <summary>The place: <c>field</c>, or <c>position</c> (in bytes, from 0) where the JSON breaks.</summary>
    public JsonObject? Details { get; init; }
}
