using System.CommandLine;
using System.Text.Json;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary><c>causeway config …</c></summary>
internal static class ConfigCommands
{
    public static Command Create(Invocation run) => new("config", "Look at the configuration.") { CreateShow(run), CreateCheck(run), CreateSchema(run) };

    private static Command CreateShow(Invocation run)
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON object." };
        var show = new Command("show", "Print the configuration in force and where each value comes from; secrets are masked.") { json };
        show.SetAction(result =>
        {
            var view = run.Settings().Configuration.View();
            run.Output.Write(result.GetValue(json) ? view.ToJson() + "\n" : view.ToText());
            return ExitCode.Stopped;
        });
        return show;
    }

    private static Command CreateCheck(Invocation run)
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON object, with every problem in it." };
        var check = new Command("check", "Say whether the service would take this configuration, and else everything that is wrong with it; exit code 0 or 3.") { json };
        check.SetAction(result =>
        {
            if (!result.GetValue(json))
            {
                var file = run.Settings().Configuration.FilePath;
                run.Output.WriteLine(file is null ? "The configuration is good; there is no file." : $"The configuration is good: {file}");
                return ExitCode.Stopped;
            }

            IReadOnlyList<Problem> problems = [];
            try
            {
                run.Settings();
            }
            catch (ConfigurationException exception)
            {
                problems = [.. exception.Problems.Select(static problem => new Problem(problem.Key, problem.Reason, problem.Source?.ToString()))];
            }

            run.Output.WriteLine(JsonSerializer.Serialize(new Checked(problems.Count == 0, run.Configuration.FilePath, problems), CommandJson.Options));
            return problems.Count == 0 ? ExitCode.Stopped : ExitCode.Configuration;
        });
        return check;
    }

    private static Command CreateSchema(Invocation run)
    {
        var schema = new Command("schema", "Print the JSON Schema of causeway.json, for editors.");
        schema.SetAction(_ =>
        {
            run.Output.Write(ServerSettings.JsonSchema());
            return ExitCode.Stopped;
        });
        return schema;
    }

    private sealed record Checked(bool Valid, string? File, IReadOnlyList<Problem> Problems);

    private sealed record Problem(string Key, string Reason, string? Location);
}
