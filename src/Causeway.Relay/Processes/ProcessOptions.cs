using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Causeway.Relay;

/// <summary>A backend's process: how it is started, watched and stopped.</summary>
public sealed class ProcessOptions : IValidatableObject
{
    /// <summary>The program and its arguments; no shell reads them.</summary>
    public IList<string> Command { get; } = [];

    /// <summary>When it is started.</summary>
    /// <value>Default <see cref="ProcessStart.OnDemand"/>: at the first request.</value>
    public ProcessStart Start { get; set; } = ProcessStart.OnDemand;

    /// <summary>Where it runs.</summary>
    /// <value>A path, relative to the working directory. Default null: the service's own.</value>
    public string? WorkingDirectory { get; set; }

    /// <summary>Variables added to the service's own environment.</summary>
    public IDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The user it runs as, by name; the service must be root for that.</summary>
    /// <value>Default null: the service's own user.</value>
    public string? User { get; set; }

    /// <summary>How long it may take until it answers its probe, or until its port is open where there is none.</summary>
    /// <value>Seconds, 0.1–3,600. Default 30.</value>
    [Range(0.1, 3_600)]
    public double ReadySeconds { get; set; } = 30;

    /// <summary>How long nobody may use it until it is stopped; 0 for never.</summary>
    /// <value>Seconds, 0–604,800. Default 0.</value>
    [Range(0, 604_800)]
    public double IdleStopSeconds { get; set; }

    /// <summary>How long it may take to end after SIGTERM, before it is killed.</summary>
    /// <value>Seconds, 0–3,600. Default 10.</value>
    [Range(0, 3_600)]
    public double StopSeconds { get; set; } = 10;

    /// <summary>How it is started again when it ends by itself.</summary>
    [ValidateObjectMembers]
    public RestartOptions Restart { get; } = new();

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (Command.Count == 0 || string.IsNullOrWhiteSpace(Command[0]))
        {
            yield return new ValidationResult("it needs a program", [nameof(Command)]);
        }
    }
}

/// <summary>When a backend's process is started.</summary>
public enum ProcessStart
{
    /// <summary>At the first request for it.</summary>
    OnDemand,

    /// <summary>With the service, and again whenever it ends.</summary>
    Always,
}

/// <summary>The back-off between two starts of a process that ends by itself.</summary>
public sealed class RestartOptions : IValidatableObject
{
    /// <summary>The first wait; it doubles with every failure.</summary>
    /// <value>Seconds, 0.01–3,600. Default 1.</value>
    [Range(0.01, 3_600)]
    public double MinSeconds { get; set; } = 1;

    /// <summary>The longest wait.</summary>
    /// <value>Seconds, 0.01–86,400. Default 60.</value>
    [Range(0.01, 86_400)]
    public double MaxSeconds { get; set; } = 60;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (MaxSeconds < MinSeconds)
        {
            yield return new ValidationResult("it must not be below MinSeconds", [nameof(MaxSeconds)]);
        }
    }
}
