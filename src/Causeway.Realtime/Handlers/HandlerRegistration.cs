using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Causeway.Http;

namespace Causeway.Realtime;

/// <summary>The handler of one type of message.</summary>
internal abstract class HandlerRegistration(string type)
{
    public string Type => type;

    /// <summary>How payloads are read.</summary>
    public abstract JsonTypeInfo Json { get; }

    /// <returns>Null when the handler ran, else what is wrong with the message.</returns>
    public abstract ValueTask<ApiError?> InvokeAsync(MessageContext context);
}

/// <summary>The handler of one type of message, its payload read and checked.</summary>
internal sealed class HandlerRegistration<T>(
    string type,
    JsonTypeInfo<T> json,
    Func<T, IEnumerable<KeyValuePair<string, string>>> validate,
    Func<MessageContext, T, CancellationToken, Task> handler) : HandlerRegistration(type)
    where T : notnull
{
    public override JsonTypeInfo Json => json;

    public override async ValueTask<ApiError?> InvokeAsync(MessageContext context)
    {
        T? payload;
        try
        {
            payload = JsonSerializer.Deserialize(context.Payload.Span, json);
        }
        catch (JsonException exception)
        {
            return Broken(MissingFields(context.Payload.Span), exception.Path);
        }

        var fields = new JsonObject();
        foreach (var (field, rule) in validate(payload!))
        {
            fields[field] = rule;
        }

        if (fields.Count > 0)
        {
            return Broken(fields, path: null);
        }

        await handler(context, payload!, context.Aborted).ConfigureAwait(false);
        return null;
    }

    private static ApiError Broken(JsonObject fields, string? path)
    {
        if (fields.Count == 0)
        {
            fields[path is { Length: > 2 } ? path[2..] : "payload"] = "of the wrong type";
        }

        var (field, rule) = fields.First();
        return new ApiError(ErrorCode.ValidationError, $"{field}: {rule}") { Details = new JsonObject { ["fields"] = fields } };
    }

    private JsonObject MissingFields(ReadOnlySpan<byte> payload)
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        var reader = new Utf8JsonReader(payload);
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (PayloadReader.TryGetString(ref reader) is { } name)
            {
                present.Add(name);
            }

            reader.Skip();
        }

        var missing = new JsonObject();
        foreach (var property in json.Properties)
        {
            var needed = property.IsRequired || (json.Options.RespectRequiredConstructorParameters && property.AssociatedParameter is { HasDefaultValue: false });
            if (needed && !present.Contains(property.Name))
            {
                missing[property.Name] = "required";
            }
        }

        return missing;
    }
}
