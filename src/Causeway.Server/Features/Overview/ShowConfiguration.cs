using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>Shows the configuration in force; secrets are masked.</summary>
internal static class ShowConfiguration
{
    /// <summary>The configuration.</summary>
    /// <param name="Environment"><c>development</c>, <c>staging</c> or <c>production</c>.</param>
    /// <param name="File">The file that was read; null when there was none.</param>
    /// <param name="Values">All values.</param>
    internal sealed record ConfigurationResponse(string Environment, string? File, IReadOnlyList<ConfigurationValue> Values);

    /// <summary>One value.</summary>
    /// <param name="Key">Such as <c>Server:Urls</c>.</param>
    /// <param name="Value">As text; null when not set; masked when secret.</param>
    /// <param name="Source"><c>default</c>, <c>file</c>, <c>dotenv</c>, <c>environment</c> or <c>flag</c>.</param>
    /// <param name="Location">Where exactly; null for a default.</param>
    /// <param name="Secret">Whether the value is masked.</param>
    internal sealed record ConfigurationValue(string Key, string? Value, string Source, string? Location, bool Secret);

    public static ConfigurationResponse Handle(CausewayConfiguration started, CurrentSettings current, Reloader reloader)
    {
        var view = started.View();

        // What a reload can change is as it was read last; the rest as the service was started with it, whatever the file says by now.
        var inForce = view.Entries.Where(entry => !reloader.Reloads(entry.Key))
            .Concat(current.Value.Configuration.View().Entries.Where(entry => reloader.Reloads(entry.Key)));
        return new ConfigurationResponse(
            view.EnvironmentName.ToLowerInvariant(),
            view.FilePath,
            [.. inForce.Select(static entry => new ConfigurationValue(
                entry.Key,
                entry.Value,
                entry.Source.TierName,
                entry.Source.Tier == ConfigurationTier.Default ? null : entry.Source.ToString(),
                entry.IsSecret))]);
    }
}
