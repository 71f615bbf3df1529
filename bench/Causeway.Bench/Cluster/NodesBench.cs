using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Causeway.Bench.Native;
using Causeway.Bench.Peers;

namespace Causeway.Bench.Cluster;

/// <summary>
/// Questions: what does a delivery cost a node of several, beside a node alone; does it cost more where the room is durable; and how long are the clients of a node that is killed without messages?
/// Nodes share one core, so what is compared is CPU per delivery and not the rate. Budgets: 0.8 of a node alone; the same for durable rooms; 5 s for 1,000 clients, with nothing missed.
/// </summary>
internal static class NodesBench
{
    private const int ServerCore = 0;
    private const int LoadCore = 1;
    private const int Members = 1_000;
    private const int FewMembers = 100;
    private const int Repeats = 3;
    private const int PerSecond = 25;
    private const int Clients = 1_000;
    private const double Goal = 0.8;

    // What is hot is compiled for good within the warm-up, as in a node that has run for a while; and the thread that does it stays, so that what it took can be told apart.
    private static readonly Dictionary<string, string> Promoted = new() { ["DOTNET_TC_CallCountingDelayMs"] = "0", ["DOTNET_TC_BackgroundWorkerTimeoutMs"] = "7FFFFFFF" };

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Phase = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Message = Encoding.UTF8.GetBytes($$$"""{"type":"m","payload":{"text":"{{{new string('x', 100)}}}"}}""");

    /// <summary>What rooms are like, by the namespace they are in.</summary>
    private static readonly string[] Kinds = ["memory", "kept", "durable"];

    public static async Task<int> RunAsync(string postgres, string? rabbitMq)
    {
        if (Machine.Cores < 2)
        {
            throw new BenchException("needs two cores: one for the nodes, one for the load");
        }

        PeerCatalog.BuildCauseway();
        Machine.RaiseFileLimit(20_000);
        Machine.PinProcess(LoadCore);
        Console.WriteLine($"{Members} members on each node, {PerSecond} messages of 100 letters a second published on the first, {Phase.TotalSeconds:0} s; µs of CPU per delivery, beside one node alone, medians of {Repeats}\n");
        Console.WriteLine("| backplane | nodes | no history | kept | durable | of one node alone, target ≥ 0.8 |\n|---|---|---|---|---|---|");
        using (var alone = StartNode("none", postgres, null))
        {
            foreach (var backplane in rabbitMq is null ? ["postgres"] : new[] { "postgres", "rabbitmq" })
            {
                for (var nodes = 1; nodes <= 3; nodes++)
                {
                    await MeasureAsync(backplane, nodes, postgres, rabbitMq, alone);
                }
            }
        }

        await TellApartAsync(postgres);
        Console.WriteLine("| backplane | clients of the killed node | all joined elsewhere | and had everything | missed, doubled or out of order |\n|---|---|---|---|---|");
        await ResumeAsync("postgres", postgres, null);
        if (rabbitMq is not null)
        {
            await ResumeAsync("rabbitmq", postgres, rabbitMq);
        }

        return 0;
    }

    private static PeerProcess StartNode(string backplane, string postgres, string? rabbitMq) => PeerProcess.Start(
        (port, directory, _) =>
        {
            List<string> arguments =
            [
                PeerCatalog.BuildCauseway(),
                $"--Server:Urls=http://127.0.0.1:{port}",
                $"--Server:DataDirectory={directory}",
                "--Realtime:MaxConnectionsPerAddress=100000",
                "--Realtime:MaxConnectionsPerUser=100000",
                "--Database:Provider=postgres",
                $"--Database:ConnectionString={postgres}",
                $"--Realtime:Backplane={backplane}",
                "--Realtime:Namespaces:memory:History=0",
                "--Realtime:Namespaces:durable:Durable=true",
            ];
            arguments.AddRange(Kinds.Select(static kind => $"--Realtime:Namespaces:{kind}:Presence=false"));
            if (rabbitMq is not null)
            {
                arguments.Add($"--Realtime:RabbitMq:Url={rabbitMq}");
            }

            return new PeerCommand("dotnet", arguments) { Environment = Promoted };
        },
        ServerCore,
        LoadCore);

    /// <summary>CPU per delivery for each kind of room, over all nodes; in turn with the same on one node alone, since the machine is not the same a minute later.</summary>
    private static async Task MeasureAsync(string backplane, int count, string postgres, string? rabbitMq, PeerProcess alone)
    {
        var nodes = Enumerable.Range(0, count).Select(_ => StartNode(backplane, postgres, rabbitMq)).ToList();
        try
        {
            var costs = new (double Alone, double Cost)[Kinds.Length];
            for (var i = 0; i < Kinds.Length; i++)
            {
                var (one, several) = (new List<double>(), new List<double>());
                for (var repeat = 0; repeat < Repeats; repeat++)
                {
                    one.Add(await CostAsync([alone], $"{Kinds[i]}:{Guid.NewGuid():N}"));
                    several.Add(await CostAsync(nodes, $"{Kinds[i]}:{Guid.NewGuid():N}"));
                }

                costs[i] = (Median(one), Median(several));
            }

            var ratios = costs.Select(static cost => cost.Alone / cost.Cost).ToArray();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {backplane} | {count} | {string.Join(" | ", costs.Select(static cost => string.Create(CultureInfo.InvariantCulture, $"{cost.Cost:0.0} ({cost.Alone:0.0})")))} | {string.Join(", ", ratios.Select(static ratio => ratio.ToString("0.00", CultureInfo.InvariantCulture)))}: {(ratios.Min() >= Goal ? "reached" : "MISSED")} |"));
        }
        finally
        {
            nodes.ForEach(static node => node.Dispose());
        }
    }

    /// <summary>What one more member costs for each message, and what a message costs without any: from rooms with many members and with few, on one node alone.</summary>
    private static async Task TellApartAsync(string postgres)
    {
        Console.WriteLine($"\nOne node alone, {FewMembers} and {Members} members, medians of {Repeats}\n\n| room | one more delivery, µs | a publish without members, µs |\n|---|---|---|");
        using var node = StartNode("none", postgres, null);
        foreach (var kind in Kinds)
        {
            var (few, many) = (new List<double>(), new List<double>());
            for (var repeat = 0; repeat < Repeats; repeat++)
            {
                few.Add(FewMembers * await CostAsync([node], $"{kind}:{Guid.NewGuid():N}", FewMembers));
                many.Add(Members * await CostAsync([node], $"{kind}:{Guid.NewGuid():N}", Members));
            }

            var (ofFew, ofMany) = (Median(few), Median(many));
            var delivery = (ofMany - ofFew) / (Members - FewMembers);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {kind} | {delivery:0.0} | {ofFew - (FewMembers * delivery):0} |"));
        }

        Console.WriteLine();
    }

    private static double CpuOf(PeerProcess node) => node.Probe.CpuSeconds - node.Probe.CompilingSeconds;

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static async Task<double> CostAsync(List<PeerProcess> nodes, string room, int membersOfEach = Members)
    {
        using var stop = new CancellationTokenSource();
        var members = nodes.SelectMany(node => Enumerable.Range(0, membersOfEach).Select(_ => (Member: new RoomMember(room), node.Port))).ToList();
        try
        {
            await Parallel.ForEachAsync(members, new ParallelOptions { MaxDegreeOfParallelism = 20 }, static async (one, token) => await one.Member.JoinAsync(one.Port, token));
            var receiving = members.ConvertAll(one => Task.Run(() => one.Member.ReceiveAsync(stop.Token)));
            await PublishAsync(nodes[0], room, WarmUp);
            var before = (Cpu: nodes.Sum(CpuOf), Received: members.Sum(static one => one.Member.Received));
            var published = await PublishAsync(nodes[0], room, Phase);
            var expected = before.Received + (published * members.Count);
            await UntilAsync(() => members.Sum(static one => one.Member.Received) >= expected, $"deliveries in {room}");
            var cpu = nodes.Sum(CpuOf) - before.Cpu;
            if (members.Any(static one => one.Member.IsBroken))
            {
                throw new BenchException($"a member of {room} missed a message or got one twice");
            }

            await stop.CancelAsync();
            await Task.WhenAll(receiving);
            return cpu * 1e6 / (published * members.Count);
        }
        finally
        {
            members.ForEach(static one => one.Member.Dispose());
        }
    }

    private static async Task<long> PublishAsync(PeerProcess node, string room, TimeSpan lasts)
    {
        using var client = ClientOf(node);
        var begun = Stopwatch.GetTimestamp();
        var published = 0L;
        for (; Stopwatch.GetElapsedTime(begun) < lasts; published++)
        {
            await PublishOneAsync(client, room);
            var due = (published + 1.0) / PerSecond;
            var early = TimeSpan.FromSeconds(due) - Stopwatch.GetElapsedTime(begun);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early);
            }
        }

        return published;
    }

    private static HttpClient ClientOf(PeerProcess node) => new() { BaseAddress = new Uri($"http://127.0.0.1:{node.Port}/") };

    private static async Task PublishOneAsync(HttpClient client, string room)
    {
        using var content = new ByteArrayContent(Message);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var answer = await client.PostAsync(new Uri($"api/v1/rooms/{room}/messages", UriKind.Relative), content);
        if (!answer.IsSuccessStatusCode)
        {
            throw new BenchException($"publish refused: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        }
    }

    /// <summary>Kills one of three nodes while messages are published on another, and waits until its clients have everything.</summary>
    private static async Task ResumeAsync(string backplane, string postgres, string? rabbitMq)
    {
        var nodes = Enumerable.Range(0, 3).Select(_ => StartNode(backplane, postgres, rabbitMq)).ToList();
        var room = $"durable:{Guid.NewGuid():N}";
        using var stop = new CancellationTokenSource();
        var members = Enumerable.Range(0, Clients).Select(_ => new RoomMember(room)).ToList();
        try
        {
            await Parallel.ForEachAsync(members, new ParallelOptions { MaxDegreeOfParallelism = 20 }, (member, token) => new ValueTask(member.JoinAsync(nodes[2].Port, token)));
            var receiving = members.ConvertAll(member => Task.Run(() => member.ReceiveAsync(stop.Token)));
            var publishing = PublishAsync(nodes[0], room, TimeSpan.FromSeconds(12));
            await UntilAsync(() => members.All(static member => member.Position >= 2 * PerSecond), "the first messages");

            nodes[2].Dispose();
            var begun = Stopwatch.GetTimestamp();
            await Task.WhenAll(receiving);
            var (joined, at) = (0, 0L);
            receiving = [.. await Task.WhenAll(members.Select(async (member, i) =>
            {
                await member.JoinAsync(nodes[i % 2].Port, stop.Token);
                if (Interlocked.Increment(ref joined) == Clients)
                {
                    at = Stopwatch.GetTimestamp();
                }

                return Task.Run(() => member.ReceiveAsync(stop.Token));
            }))];

            // As far as those had come that were elsewhere all the time is what there was to miss.
            var newest = members.Max(static member => member.Position);
            await UntilAsync(() => members.All(member => member.Position >= newest), "what was missed");
            var (allJoined, all) = (Stopwatch.GetElapsedTime(begun, at), Stopwatch.GetElapsedTime(begun));
            var published = await publishing;
            await UntilAsync(() => members.All(member => member.Position >= published), "the rest");
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {backplane} | {Clients} | {allJoined.TotalSeconds:0.00} s | {all.TotalSeconds:0.00} s: {(all.TotalSeconds <= 5 ? "reached" : "MISSED")} 5 s | {members.Count(static member => member.IsBroken)} |"));
            await stop.CancelAsync();
            await Task.WhenAll(receiving);
        }
        finally
        {
            members.ForEach(static member => member.Dispose());
            nodes.ForEach(static node => node.Dispose());
        }
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        var begun = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(begun) > Patience)
            {
                throw new BenchException($"waited {Patience.TotalSeconds:0} s for {what}");
            }

            await Task.Delay(10);
        }
    }
}
