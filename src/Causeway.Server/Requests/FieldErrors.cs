using System.Text.Json.Nodes;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>Collects what is wrong with a request, field by field, so that a caller hears of all of it at once.</summary>
internal sealed class FieldErrors
{
    private JsonObject? _fields;

    /// <summary>All that is wrong, by field.</summary>
    public IEnumerable<(string Field, string Rule)> All => _fields?.Select(static pair => (pair.Key, pair.Value!.GetValue<string>())) ?? [];

    /// <summary>Notes that a field breaks a rule; the first rule it breaks counts.</summary>
    /// <param name="field">Its name on the wire.</param>
    /// <param name="rule">What it should be, as one sentence.</param>
    public void Add(string field, string rule)
    {
        _fields ??= [];
        _fields.TryAdd(field, rule);
    }

    /// <summary>Notes the rule unless it holds.</summary>
    public void Check(bool holds, string field, string rule)
    {
        if (!holds)
        {
            Add(field, rule);
        }
    }

    /// <summary>The refusal; null where every rule holds.</summary>
    public ApiError? ToError() => _fields is null
        ? null
        : new ApiError(ErrorCode.ValidationError, "Some fields are not valid.") { Details = new JsonObject { ["fields"] = _fields } };

    /// <summary>The refusal of one field.</summary>
    public static ApiError For(string field, string rule)
    {
        var errors = new FieldErrors();
        errors.Add(field, rule);
        return errors.ToError()!;
    }
}
