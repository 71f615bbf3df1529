using Causeway.Hosting;
using Causeway.Server;

IReadOnlyList<ActivatedSocket> sockets;
try
{
    // Before anything else: a process started earlier would inherit them.
    sockets = SocketActivation.Take();
}
catch (InvalidDataException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return ExitCode.Configuration;
}

return await CommandLine.RunAsync(args, Console.Out, Console.Error, isTerminal: !Console.IsOutputRedirected, sockets: sockets);
