using System.CommandLine;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary><c>causeway config …</c></summary>
internal static class ConfigCommands
{
    public static Command Create(Invocation run)
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON object." };
        var show = new Command("show", "Print the configuration in force and where each value comes from; secrets are masked.") { json };
        show.SetAction(result =>
        {
            var view = run.Settings().Configuration.View();
            run.Output.Write(result.GetValue(json) ? view.ToJson() + "\n" : view.ToText());
            return ExitCode.Stopped;
        });
        return new Command("config", "Look at the configuration.") { show };
    }
}
