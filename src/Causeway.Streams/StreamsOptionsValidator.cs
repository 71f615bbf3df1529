using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Causeway.Streams;

/// <summary>Checks the options when the service starts: names, and each source by its own attributes.</summary>
internal sealed class StreamsOptionsValidator : IValidateOptions<StreamsOptions>
{
    public ValidateOptionsResult Validate(string? name, StreamsOptions options)
    {
        var problems = ((IValidatableObject)options).Validate(new ValidationContext(options, "Streams", null, null)).Select(static result => result.ErrorMessage!).ToList();
        var own = new List<ValidationResult>();
        Check(options, own);
        problems = [.. problems.Union(own.Select(static result => result.ErrorMessage!))];
        foreach (var (source, settings) in options.Sources)
        {
            var found = new List<ValidationResult>();
            Check(settings, found);
            if (settings.EndWhen is { } end)
            {
                Check(end, found);
            }

            problems.AddRange(found.Select(result => $"Streams:Sources:{source}: {result.ErrorMessage}"));
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "The properties of these types are kept by DynamicDependency.")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(StreamsOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(StreamSourceOptions))]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(EndWhenOptions))]
    private static void Check(object options, List<ValidationResult> found) =>
        Validator.TryValidateObject(options, new ValidationContext(options, "Streams", null, null), found, validateAllProperties: true);
}
