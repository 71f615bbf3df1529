using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>The program's verbs. Configuration flags (<c>--Server:Urls=…</c>, <c>--config</c>, <c>--Environment</c>) are taken out first and go with every verb.</summary>
internal static class CommandLine
{
    /// <summary>Runs one command line.</summary>
    /// <param name="args">As the process got them.</param>
    /// <param name="output">For results.</param>
    /// <param name="error">For what went wrong.</param>
    /// <param name="isTerminal">Whether a person reads the output.</param>
    /// <param name="look">Where configuration is looked for; null for the process's own surroundings.</param>
    /// <param name="sockets">What a service manager handed over to listen on; null for nothing.</param>
    /// <param name="input">What commands read; null for the process's own input.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args,
        TextWriter output,
        TextWriter error,
        bool isTerminal,
        CausewayConfigurationSettings? look = null,
        IReadOnlyList<ActivatedSocket>? sockets = null,
        TextReader? input = null)
    {
        var run = new Invocation(args, output, error, isTerminal, look ?? new CausewayConfigurationSettings(), sockets ?? [], input ?? Console.In);
        var result = Root(run).Parse(run.Configuration.RemainingArguments);
        if (result.Errors.Count > 0)
        {
            foreach (var problem in result.Errors)
            {
                await error.WriteLineAsync(problem.Message);
            }

            await error.WriteLineAsync("Try causeway --help.");
            return ExitCode.Usage;
        }

        try
        {
            return await result.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,

                // The service handles signals itself; a command that ends in seconds needs no handler.
                ProcessTerminationTimeout = null,
            });
        }
        catch (ConfigurationException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return ExitCode.Configuration;
        }
        catch (InvalidDataException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return ExitCode.Configuration;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            await error.WriteLineAsync(exception.Message);
            return ExitCode.Failed;
        }
    }

    private static RootCommand Root(Invocation run)
    {
        var root = new RootCommand(
            """
            Live rooms, events and their operations in one program.

            Configuration flags go with every command: --config FILE, --Environment NAME, --Section:Key=VALUE (as in --Server:Urls=http://127.0.0.1:9000).
            --https serves over TLS, with a certificate found or made where none is configured.
            Exit codes: 0 stopped, 1 failed, 2 usage, 3 configuration, 4 port held.
            """);
        root.SetAction(run.ServeAsync);
        var serve = new Command("serve", "Run the service. This is what happens without a command.");
        serve.SetAction(run.ServeAsync);
        root.Add(serve);
        root.Add(UserCommands.Create(run));
        root.Add(TokenCommands.Create(run));
        root.Add(ConfigCommands.Create(run));
        root.Add(HealthCommand.Create(run));
        root.Add(DoctorCommand.Create(run));
        root.Add(MigrateCommand.Create(run));
        foreach (var option in root.Options.OfType<VersionOption>())
        {
            option.Action = new PrintVersion();
        }

        return root;
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(ServerApp.Version);
            return ExitCode.Stopped;
        }
    }
}
