using System.CommandLine;
using Causeway.Hosting;
using Causeway.Http;

namespace Causeway.Server;

/// <summary>One run of the program: its arguments, where it writes, and its configuration once a command asks for it.</summary>
internal sealed class Invocation(
    IReadOnlyList<string> args,
    TextWriter output,
    TextWriter error,
    bool isTerminal,
    CausewayConfigurationSettings look,
    IReadOnlyList<ActivatedSocket> sockets,
    TextReader input)
{
    /// <summary>Read, not yet checked: <c>--help</c> must work whatever the file says.</summary>
    public CausewayConfiguration Configuration { get; } = ServerSettings.Read(args, look);

    public TextWriter Output => output;

    public TextWriter Error => error;

    public TextReader Input => input;

    /// <summary>Checks the configuration.</summary>
    /// <exception cref="ConfigurationException">With everything that is wrong.</exception>
    public ServerSettings Settings() => ServerSettings.From(Configuration, args, look, sockets);

    public async Task<int> ServeAsync(ParseResult parseResult, CancellationToken cancellationToken)
    {
        var settings = Settings();
        var app = ServerApp.Build(settings);
        var drain = app.Services.GetRequiredService<DrainState>();
        var code = await ServiceRunner.RunAsync(app, error, () =>
        {
            output.Write(FirstScreen.Describe(
                settings, app.Services.GetRequiredService<Exposure>(), app.Services.GetRequiredService<AdminToken>(), app.Urls, isTerminal, app.Services.DescribeCertificate()));
            output.Flush();
        });
        if (isTerminal && drain.Report is { } report)
        {
            output.Write(report.ToText());
        }

        return code;
    }
}
