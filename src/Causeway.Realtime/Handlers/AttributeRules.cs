using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Causeway.Realtime;

/// <summary>The rules that a payload's own validation attributes set.</summary>
internal static class AttributeRules
{
    [RequiresUnreferencedCode("Looks at the attributes of the value's properties.")]
    public static IEnumerable<KeyValuePair<string, string>> Check<T>(T value)
        where T : notnull
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(value, new ValidationContext(value), results, validateAllProperties: true);
        return
            from result in results
            from member in result.MemberNames.DefaultIfEmpty("payload")
            select KeyValuePair.Create(JsonNamingPolicy.SnakeCaseLower.ConvertName(member), result.ErrorMessage ?? "not valid");
    }
}
