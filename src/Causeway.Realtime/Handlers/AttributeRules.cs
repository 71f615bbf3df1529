using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;

namespace Causeway.Realtime;

/// <summary>The rules that a payload's own validation attributes set: on its properties or, in a positional record, on its parameters.</summary>
internal static class AttributeRules
{
    [RequiresUnreferencedCode("Looks at the attributes of the value's properties.")]
    public static IEnumerable<KeyValuePair<string, string>> Check<T>(T value)
        where T : notnull
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(value, new ValidationContext(value), results, validateAllProperties: true);
        foreach (var (property, rules) in Parameters<T>.Rules ??= RulesOfParameters(typeof(T)))
        {
            Validator.TryValidateValue(property.GetValue(value), new ValidationContext(value) { MemberName = property.Name }, results, rules);
        }

        return
            from result in results
            from member in result.MemberNames.DefaultIfEmpty("payload")
            select KeyValuePair.Create(JsonNamingPolicy.SnakeCaseLower.ConvertName(member), result.ErrorMessage ?? "not valid");
    }

    // An attribute on a positional record's parameter stays on the parameter, where the validator does not look.
    [RequiresUnreferencedCode("Looks at the attributes of the type's parameters.")]
    private static (PropertyInfo, ValidationAttribute[])[] RulesOfParameters(Type type) =>
    [
        .. from constructor in type.GetConstructors()
           from parameter in constructor.GetParameters()
           let rules = parameter.GetCustomAttributes<ValidationAttribute>().ToArray()
           let property = parameter.Name is { } name ? type.GetProperty(name, parameter.ParameterType) : null
           where rules.Length > 0 && property is not null
           select (property, rules),
    ];

    private static class Parameters<T>
    {
        public static (PropertyInfo Property, ValidationAttribute[] Rules)[]? Rules { get; set; }
    }
}
