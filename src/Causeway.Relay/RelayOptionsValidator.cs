using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Causeway.Relay;

/// <summary>Checks the relay's options with everything in them.</summary>
internal sealed class RelayOptionsValidator : IValidateOptions<RelayOptions>
{
    private static readonly RouteOptionsValidator Route = new();
    private static readonly BackendOptionsValidator Backend = new();

    public ValidateOptionsResult Validate(string? name, RelayOptions options)
    {
        var result = new ValidateOptionsResultBuilder();
        foreach (var problem in ((IValidatableObject)options).Validate(new ValidationContext(options, "Relay", null, null)))
        {
            result.AddResult(problem);
        }

        for (var i = 0; i < options.Routes.Count; i++)
        {
            result.AddResult(Route.Validate($"Relay:Routes:{i}", options.Routes[i]));
        }

        foreach (var (key, backend) in options.Backends)
        {
            result.AddResult(Backend.Validate($"Relay:Backends:{key}", backend));
        }

        return result.Build();
    }
}

[OptionsValidator]
internal sealed partial class RouteOptionsValidator : IValidateOptions<RouteOptions>;

[OptionsValidator]
internal sealed partial class BackendOptionsValidator : IValidateOptions<BackendOptions>;
