namespace Causeway.Hosting;

/// <summary>A key whose value is another one in another configuration.</summary>
/// <param name="Key">The full key.</param>
/// <param name="Before">The value before, as <see cref="ConfigurationView"/> shows it: a secret is masked; null where there was none.</param>
/// <param name="After">The value after.</param>
public sealed record ConfigurationChange(string Key, string? Before, string? After);
