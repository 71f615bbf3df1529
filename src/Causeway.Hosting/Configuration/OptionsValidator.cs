using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace Causeway.Hosting;

/// <summary>Checks an options object by its attributes and its own rules, all of them, also inside lists and maps.</summary>
internal static class OptionsValidator
{
    public static IEnumerable<ConfigurationProblem> Validate(object options, OptionsShape.Object shape, string key)
    {
        foreach (var (name, property) in shape.Properties)
        {
            var child = ConfigurationTree.Join(key, name);
            var value = property.Info!.GetValue(options);
            foreach (var attribute in property.Info.GetCustomAttributes<ValidationAttribute>(inherit: true))
            {
                var context = new ValidationContext(options) { MemberName = name };
                if (attribute.GetValidationResult(value, context) is { } failed)
                {
                    yield return new(child, Reason(attribute, failed, property.IsSecret ? null : value));
                }
            }

            foreach (var problem in Inside(value, property.Shape, child))
            {
                yield return problem;
            }
        }

        if (options is IValidatableObject self)
        {
            foreach (var failed in self.Validate(new ValidationContext(options)))
            {
                var member = failed.MemberNames.FirstOrDefault() ?? "";
                yield return new(member.Length == 0 ? key : ConfigurationTree.Join(key, member), $"is refused: {failed.ErrorMessage}");
            }
        }
    }

    private static IEnumerable<ConfigurationProblem> Inside(object? value, OptionsShape shape, string key)
    {
        switch (shape)
        {
            case OptionsShape.Object nested when value is not null:
                return Validate(value, nested, key);
            case OptionsShape.List { Element: OptionsShape.Object element } when value is IEnumerable items:
                return items.Cast<object>().SelectMany((item, index) =>
                    Validate(item, element, ConfigurationTree.Join(key, index.ToString(System.Globalization.CultureInfo.InvariantCulture))));
            case OptionsShape.Map { Element: OptionsShape.Object element } when value is IDictionary map:
                return map.Keys.Cast<string>().SelectMany(name => Validate(map[name]!, element, ConfigurationTree.Join(key, name)));
            default:
                return [];
        }
    }

    private static string Reason(ValidationAttribute attribute, ValidationResult failed, object? value) => attribute switch
    {
        RangeAttribute { ErrorMessage: null } range when value is not null =>
            $"must be {ValueText.Format(range.Minimum)} to {ValueText.Format(range.Maximum)}, not {ValueText.Format(value)}",
        RequiredAttribute { ErrorMessage: null } => "must be set",
        _ => $"is refused: {failed.ErrorMessage}",
    };
}
