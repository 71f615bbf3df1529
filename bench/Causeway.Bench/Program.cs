using System.Globalization;
using System.Runtime.InteropServices;
using Causeway.Bench;
using Causeway.Bench.Api;
using Causeway.Bench.Cluster;
using Causeway.Bench.Durable;
using Causeway.Bench.Peers;
using Causeway.Bench.Scenarios;

try
{
    switch (args)
    {
        case ["all", .. var rest]:
            var runner = new Runner(Options.Parse(rest), "dotnet run -c Release --project bench/Causeway.Bench -- " + string.Join(' ', args));
            using (PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt))
            using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt))
            {
                return runner.Run();
            }

        case ["api", .. var rest]:
            using (PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt))
            using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt))
            {
                return ApiBench.Run(rest);
            }

        case ["logins"]:
            using (PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt))
            using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt))
            {
                return await LogInBench.RunAsync();
            }

        case ["pages"]:
            return await PagesBench.RunAsync(null);

        case ["pages", "--postgres", var connection]:
            return await PagesBench.RunAsync(connection);

        case ["jobs"]:
            return await JobsBench.RunAsync(null);

        case ["jobs", "--postgres", var jobsConnection]:
            return await JobsBench.RunAsync(jobsConnection);

        case ["durable"]:
            return await DurableBench.RunAsync(null);

        case ["durable", "--postgres", var durableConnection]:
            return await DurableBench.RunAsync(durableConnection);

        case ["nodes", "--postgres", var nodesConnection]:
            return await NodesBench.RunAsync(nodesConnection, null);

        case ["nodes", "--postgres", var nodesConnection, "--rabbitmq", var broker]:
            return await NodesBench.RunAsync(nodesConnection, broker);

        case ["list"]:
            foreach (var scenario in ScenarioCatalog.All)
            {
                Console.WriteLine($"{scenario.Name,-12} {scenario.Description}");
            }

            Console.WriteLine();
            foreach (var peer in PeerCatalog.All)
            {
                Console.WriteLine($"{peer.Name,-12} {peer.Description}");
            }

            return 0;

        case ["serve", var name, "--port", var text, .. var more] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port):
            if (more is ["--until-eof"])
            {
                EndWithInput();
            }

            switch (name)
            {
                case "floor":
                    return FloorServer.Serve(port);
                case "signalr":
                    await SignalRServer.ServeAsync(port);
                    return 0;
                case "naive":
                    await NaiveServer.ServeAsync(port);
                    return 0;
                case "rooms":
                    await RoomsServer.ServeAsync(port);
                    return 0;
            }

            break;
    }

    Console.Error.WriteLine(Options.Usage);
    return 2;
}
catch (BenchException failure)
{
    Console.Error.WriteLine(failure.Message);
    return 2;
}

static void Interrupt(PosixSignalContext context)
{
    PeerProcess.EndAll();
    Environment.Exit(130);
}

// The bench holds the other end of its peers' input: when it is gone, however it ended, so are they.
static void EndWithInput() => new Thread(static () =>
{
    while (Console.In.Read() >= 0)
    {
    }

    Environment.Exit(0);
})
{ IsBackground = true }.Start();
