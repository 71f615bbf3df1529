using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Realtime;

/// <summary>Adds typed handlers to the live service.</summary>
public sealed class RealtimeBuilder
{
    internal RealtimeBuilder(IServiceCollection services) => Services = services;

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// Handles messages of one type. The payload is read as <typeparamref name="T"/> (snake_case) and checked by its
    /// validation attributes; what breaks a rule is answered with <c>VALIDATION_ERROR</c> and does not reach the handler.
    /// </summary>
    /// <param name="type">1–64 of <c>a-z 0-9 _ . : -</c>; not one of the protocol's own.</param>
    /// <param name="handler">Called for one message of a connection at a time, in order. What it throws is answered with <c>INTERNAL_ERROR</c>; the connection lives on.</param>
    /// <exception cref="ArgumentException">The type is not valid, or belongs to the protocol.</exception>
    [RequiresUnreferencedCode("Reads T by reflection; pass its JsonTypeInfo where code is trimmed.")]
    [RequiresDynamicCode("Reads T by reflection; pass its JsonTypeInfo where code is compiled ahead of time.")]
    public RealtimeBuilder On<T>(string type, Func<MessageContext, T, CancellationToken, Task> handler)
        where T : notnull =>
        Add(new HandlerRegistration<T>(type, (JsonTypeInfo<T>)PayloadJson.Options().GetTypeInfo(typeof(T)), AttributeRules.Check, handler));

    /// <summary>As the other, with the type's own JSON description and no reflection: rules are checked by <paramref name="validate"/>.</summary>
    /// <param name="type">1–64 of <c>a-z 0-9 _ . : -</c>; not one of the protocol's own.</param>
    /// <param name="json">How to read the payload.</param>
    /// <param name="handler">Called for one message of a connection at a time, in order.</param>
    /// <param name="validate">The broken rules by field, on the wire's names; null for no rules.</param>
    /// <exception cref="ArgumentException">The type is not valid, or belongs to the protocol.</exception>
    public RealtimeBuilder On<T>(
        string type,
        JsonTypeInfo<T> json,
        Func<MessageContext, T, CancellationToken, Task> handler,
        Func<T, IEnumerable<KeyValuePair<string, string>>>? validate = null)
        where T : notnull =>
        Add(new HandlerRegistration<T>(type, json, validate ?? (static _ => []), handler));

    private RealtimeBuilder Add(HandlerRegistration registration)
    {
        if (Rooms.CheckType(registration.Type) is { } error)
        {
            throw new ArgumentException(error.Message);
        }

        Services.AddSingleton(registration);
        return this;
    }
}
