using System.Net.Http.Headers;
using System.Net.Http.Json;
using Causeway.Bench.Native;
using Causeway.Bench.Peers;
using Microsoft.AspNetCore.Identity;

namespace Causeway.Bench.Api;

/// <summary>
/// Question: how much of a log-in's CPU is the password's hash? The whole of the server's CPU while one client logs in again and again, beside the same hash alone on the same core,
/// in turns. Budget: at least 95 % the hash, so that logging in costs what the hash is meant to cost and nothing beside it.
/// </summary>
internal static class LogInBench
{
    private const int ServerCore = 0;
    private const int LoadCore = 1;
    private const int Rounds = 9;
    private const int LogInsOfARound = 15;
    private const string Email = "ada@example.com";
    private const string Password = "correct horse battery";

    // As the program has it by default.
    private const int Iterations = 210_000;

    public static async Task<int> RunAsync()
    {
        if (Machine.Cores < 2)
        {
            throw new BenchException("needs two cores: one for the server, one for the load");
        }

        var assembly = PeerCatalog.BuildCauseway();
        Machine.PinProcess(LoadCore);
        using var peer = PeerProcess.Start(
            (port, directory, _) => new PeerCommand("dotnet",
            [
                assembly, $"--Server:Urls=http://127.0.0.1:{port}", $"--Server:DataDirectory={directory}", "--Auth:Mode=required", "--RateLimits:Enabled=false",
            ]),
            ServerCore,
            LoadCore);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{peer.Port}") };
        await CreateAsync(client, (await File.ReadAllTextAsync(Path.Combine(peer.Directory, "admin-token"))).Trim());
        var hasher = new PasswordHasher<object>(Microsoft.Extensions.Options.Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));
        var hash = hasher.HashPassword(client, Password);
        await LogInAsync(client);
        var shares = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var before = HashAlone(hasher, hash);
            var cpu = peer.Probe.CpuSeconds;
            await LogInAsync(client);
            var whole = (peer.Probe.CpuSeconds - cpu) / LogInsOfARound;
            var alone = (before + HashAlone(hasher, hash)) / 2;
            shares.Add(alone / whole);
            Console.WriteLine($"a log-in {whole * 1e3:0.0} ms of CPU, the hash alone {alone * 1e3:0.0} ms: {alone / whole:0.000}");
        }

        shares.Sort();
        Console.WriteLine($"median {shares[Rounds / 2]:0.000} of a log-in's CPU is the hash (goal: 0.95)");
        return 0;
    }

    private static double HashAlone(PasswordHasher<object> hasher, string hash)
    {
        Machine.PinProcess(ServerCore);
        try
        {
            var begun = Machine.CpuSeconds;
            for (var turn = 0; turn < LogInsOfARound; turn++)
            {
                if (hasher.VerifyHashedPassword(hash, hash, Password) != PasswordVerificationResult.Success)
                {
                    throw new BenchException("the hash is another one");
                }
            }

            return (Machine.CpuSeconds - begun) / LogInsOfARound;
        }
        finally
        {
            Machine.PinProcess(LoadCore);
        }
    }

    private static async Task CreateAsync(HttpClient client, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/users") { Content = JsonContent.Create(new { email = Email, password = Password, email_verified = true }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var created = await client.SendAsync(request);
        created.EnsureSuccessStatusCode();
    }

    private static async Task LogInAsync(HttpClient client)
    {
        for (var turn = 0; turn < LogInsOfARound; turn++)
        {
            using var answer = await client.PostAsJsonAsync("/api/v1/auth/login", new { email = Email, password = Password });
            answer.EnsureSuccessStatusCode();
        }
    }
}
