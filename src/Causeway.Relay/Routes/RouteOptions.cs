using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Causeway.Relay;

/// <summary>One path that is relayed to a backend.</summary>
public sealed class RouteOptions : IValidatableObject
{
    /// <summary>The path's pattern, such as <c>/term/{**rest}</c>; what a catch-all takes is the rest of the path.</summary>
    [Required]
    public string? Path { get; set; }

    /// <summary>The backend's name under <c>Relay:Backends</c>.</summary>
    [Required]
    public string? Backend { get; set; }

    /// <summary>Whether the backend gets the path without what stands before the catch-all.</summary>
    /// <value>Default false: the path goes as it came.</value>
    public bool StripPrefix { get; set; }

    /// <summary>Who may use the route: <c>anyone</c>, <c>authenticated</c> or <c>role:NAME</c>.</summary>
    /// <value>Default null: anyone while only this machine reaches the service, else authenticated.</value>
    [RegularExpression("^(anyone|authenticated|role:[A-Za-z0-9_.-]{1,64})$", ErrorMessage = "it must be anyone, authenticated or role:NAME")]
    public string? Access { get; set; }

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (Path is null)
        {
            yield break;
        }

        string? problem = null;
        try
        {
            RoutePatternFactory.Parse(Path);
            problem = Path.StartsWith('/') ? null : "it must begin with /";
        }
        catch (RoutePatternException exception)
        {
            problem = exception.Message;
        }

        if (problem is not null)
        {
            yield return new ValidationResult(problem, [nameof(Path)]);
        }
    }
}
