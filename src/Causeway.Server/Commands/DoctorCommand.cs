using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary><c>causeway doctor</c>: why the service would not start, and what may safely be done about it. Looks only.</summary>
internal static class DoctorCommand
{
    public static Command Create(Invocation run)
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON object.", Recursive = true };
        var doctor = new Command(
            "doctor", "Look at the configured addresses, the data directory and the database; exit code 0 when a start would go well, 1 when the database can't be used, 4 when an address is held.") { json };
        doctor.SetAction(async (result, cancellationToken) =>
        {
            var settings = run.Settings();
            var instance = PortDoctor.Examine(settings.DataDirectory);
            var ports = settings.UrlsToOpen.Select(PortOf).OfType<int>().Distinct().Select(port => Examine(port, settings)).ToList();
            var database = await DatabaseDoctor.ExamineAsync(settings, cancellationToken);
            await run.Output.WriteAsync(result.GetValue(json)
                ? JsonSerializer.Serialize(new Report(instance, ports, database), CommandJson.Options) + "\n"
                : string.Join("\n", ports.Select(Describe).Append(Describe(instance)).Append(Describe(database))));
            return ports.Exists(static port => port.Held) ? ExitCode.PortHeld
                : database.State is DatabaseState.Unreachable or DatabaseState.Refused ? ExitCode.Failed
                : ExitCode.Stopped;
        });

        var number = new Argument<int>("number") { Description = "The port." };
        number.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > IPEndPoint.MinPort and <= IPEndPoint.MaxPort))
            {
                result.AddError("The port must be 1 to 65535.");
            }
        });
        var portCommand = new Command("port", "Say who holds a port, how that is known, and what may safely be done; exit code 0 when it is free, 4 when it is held.") { number };
        portCommand.SetAction(result =>
        {
            var report = Examine(result.GetValue(number), run.Settings());
            run.Output.Write(result.GetValue(json) ? JsonSerializer.Serialize(report, CommandJson.Options) + "\n" : Describe(report));
            return report.Held ? ExitCode.PortHeld : ExitCode.Stopped;
        });
        doctor.Add(portCommand);
        return doctor;
    }

    private static PortReport Examine(int port, ServerSettings settings) => PortDoctor.Examine(port, settings.UrlsToOpen, settings.DataDirectory);

    private static int? PortOf(string url) => ServerOptions.PortOf(url) is > 0 and var port ? port : null;

    private static string Describe(PortReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Port {report.Port} is {(report.Held ? "held" : "free")}.\n");
        foreach (var address in report.Addresses)
        {
            text.Append("    ").Append(address.Address.PadRight(24)).Append(address.Problem ?? "free").Append('\n');
        }

        foreach (var holder in report.Holders)
        {
            text.Append('\n').Append("  ").Append(Title(holder)).Append('\n');
            Line("command", holder.Command);
            Line("program", holder.Executable);
            Line("user", holder.UserName is null ? $"uid {holder.UserId}" : $"{holder.UserName} (uid {holder.UserId})");
            Line("started", holder.StartedAt?.ToString("u", CultureInfo.InvariantCulture));
            foreach (var socket in holder.Sockets)
            {
                Line("socket", $"{socket.State} {socket.Local}{(socket.Remote is null ? "" : $" to {socket.Remote}")} (inode {socket.Inode})");
            }

            Line("because", holder.Evidence);
        }

        text.Append("\n  What may be done\n");
        foreach (var action in report.Actions)
        {
            text.Append("    - ").Append(action).Append('\n');
        }

        return text.ToString();

        void Line(string label, string? value)
        {
            if (value is not null)
            {
                text.Append("    ").Append(label.PadRight(10)).Append(value).Append('\n');
            }
        }
    }

    private static string Title(PortHolder holder) => holder.Kind switch
    {
        HolderKind.ThisService => $"Process {holder.Pid}, the running instance of this service",
        HolderKind.OtherInstance => $"Process {holder.Pid}, another Causeway instance ({holder.DataDirectory})",
        HolderKind.Stranger => $"Process {holder.Pid}, not this service",
        _ => "An unknown holder",
    };

    private static string Describe(InstanceReport report)
    {
        var text = new StringBuilder();
        text.Append("Data directory ").Append(report.DataDirectory).Append(report.Locked switch
        {
            true => " is in use.\n",
            false => " is not in use.\n",
            null => " may not be looked at by this user.\n",
        });
        if (report.Pid is { } pid)
        {
            text.Append(CultureInfo.InvariantCulture, $"    process   {pid}, {report.State?.ToString().ToLowerInvariant()}, version {report.Version}, started {report.StartedAt:u}\n");
            text.Append("    addresses ").AppendJoin(", ", report.Urls).Append('\n');
        }

        return text.Append("    because   ").Append(report.Evidence).Append('\n').ToString();
    }

    private static string Describe(DatabaseReport report) =>
        $"Database {report.Place} ({report.Provider}) is {Word(report.State)}.\n    because   {report.Because}\n";

    private static string Word(DatabaseState state) => state switch
    {
        DatabaseState.Ready => "ready",
        DatabaseState.Pending => "to be brought up to date",
        DatabaseState.Missing => "not there yet",
        DatabaseState.Unreachable => "out of reach",
        _ => "not what this program needs",
    };

    private sealed record Report(InstanceReport Instance, IReadOnlyList<PortReport> Ports, DatabaseReport Database);
}
