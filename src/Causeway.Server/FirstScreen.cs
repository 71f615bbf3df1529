using System.Text;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>What a person sees when the service has started: where to look, who gets in, how to stop.</summary>
internal static class FirstScreen
{
    /// <summary>More of one kind would push the rest off the screen; <c>causeway config show</c> has all.</summary>
    private const int MostLines = 6;

    /// <summary>The screen as text.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="exposure">Who can reach the service.</param>
    /// <param name="adminToken">Opens everything.</param>
    /// <param name="addresses">Where it really listens.</param>
    /// <param name="isTerminal">Whether a person reads it: only then may it hold the admin token.</param>
    /// <param name="certificate">Which certificate is used and why; null without TLS.</param>
    public static string Describe(ServerSettings settings, Exposure exposure, AdminToken adminToken, IEnumerable<string> addresses, bool isTerminal, string? certificate = null)
    {
        var all = addresses.Select(Clickable).Distinct(StringComparer.Ordinal).ToLookup(settings.Server.IsAdminAddress);
        var urls = all[false].ToList();
        var url = (exposure.PublicUrl?.ToString() ?? urls.FirstOrDefault() ?? "").TrimEnd('/');
        var adminUrl = all[true].FirstOrDefault() ?? url;
        var console = adminUrl + settings.ConsolePath;
        var screen = new StringBuilder();
        screen.AppendLine().Append("  Causeway ").Append(ServerApp.Version).Append(" is running (").Append(settings.Environment).AppendLine(").").AppendLine();
        if (settings.HasSite)
        {
            Line("Site", $"{url}/  ({settings.Relay.Site.Directory})");
        }

        Line("Console", console);
        Line("Live", "ws" + url["http".Length..] + "/ws");
        Line("Events", url + "/sse?room=lobby");
        foreach (var route in settings.Relay.Routes.Take(MostLines))
        {
            Line("Relay", $"{url}{route.Path} -> {route.Backend}");
        }

        foreach (var name in settings.Streams.Sources.Keys.Take(MostLines))
        {
            Line("Stream", $"{url}/api/v1/streams/{name}/events");
        }

        if (settings.ServesDocs)
        {
            Line("API docs", adminUrl + "/docs");
        }

        foreach (var other in urls.Skip(exposure.PublicUrl is null ? 1 : 0))
        {
            Line("Also at", other);
        }

        screen.AppendLine();
        Line("Access", exposure.IsLocal
            ? "local: you, on this machine, are admin without logging in"
            : $"exposed ({exposure.Reason}): everybody needs a token");
        if (!exposure.IsLocal)
        {
            Line("Admin", isTerminal
                ? $"{console}#t={adminToken.Value}  (opens everything: keep it to yourself)"
                : $"token in {adminToken.Path}");
            Line("Users", "causeway token create --user NAME");
        }

        if (certificate is not null)
        {
            Line("TLS", certificate);
        }

        Line("Data", settings.DataDirectory);
        Line("Config", settings.Configuration.FilePath ?? "none needed; causeway.json in this directory is read when there is one");
        if (settings.SharesOrigin)
        {
            Line("Advice", "scripts of the site and of relayed pages share an origin with the admin API; Server:AdminUrls gives that addresses of its own");
        }

        if (!OperatingSystem.IsLinux() && exposure.IsLocal)
        {
            Line("Note", "only Linux tells whose a local connection is: here every user of this machine is admin");
        }

        screen.AppendLine().AppendLine("  Open the console in two tabs, join a room in both, and talk. Ctrl+C stops.").AppendLine();
        return screen.ToString();

        void Line(string label, string value) => screen.Append("    ").Append(label.PadRight(10)).AppendLine(value);
    }

    /// <summary>An address a browser can open: a wildcard stands for every address of the machine, this one among them.</summary>
    public static string Clickable(string address) => address.TrimEnd('/')
        .Replace("://0.0.0.0", "://localhost", StringComparison.Ordinal)
        .Replace("://[::]", "://localhost", StringComparison.Ordinal)
        .Replace("://*", "://localhost", StringComparison.Ordinal)
        .Replace("://+", "://localhost", StringComparison.Ordinal);
}
