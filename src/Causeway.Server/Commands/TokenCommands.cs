using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Causeway.Hosting;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary><c>causeway token …</c></summary>
internal static class TokenCommands
{
    public static Command Create(Invocation run)
    {
        var token = new Command("token", "Make tokens for users, and find the admin token.");
        token.Add(CreateCreate(run));
        token.Add(CreateAdmin(run));
        token.Add(CreateRotate(run));
        return token;
    }

    private static Command CreateCreate(Invocation run)
    {
        var user = new Option<string>("--user") { Description = "The user's id, 1 to 128 characters.", Required = true };
        var name = new Option<string?>("--name") { Description = "A name for people." };
        var roles = new Option<string[]>("--role") { Description = "A role; admin may do everything.", DefaultValueFactory = static _ => [] };
        var permissions = new Option<string[]>("--permission")
        {
            Description = "As in join:ROOM, publish:ROOM or users:read; a trailing * stands for any rest. May be repeated.",
            DefaultValueFactory = static _ => [],
        };
        var minutes = new Option<int?>("--minutes") { Description = "How long it is valid; default Auth:AccessTokenMinutes." };
        var json = new Option<bool>("--json") { Description = "Print a JSON object instead of the bare token." };
        user.Validators.Add(static result => AddErrorUnless(result, Wire.IsUserId(result.GetValueOrDefault<string>()), "--user must be 1 to 128 characters."));
        minutes.Validators.Add(static result => AddErrorUnless(
            result,
            result.Tokens is [var token] && int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 527_040,
            "--minutes must be 1 to 527040 (a year)."));
        roles.AcceptOnlyFromAmong("admin");
        permissions.Validators.Add(static result => AddErrorUnless(
            result,
            result.Tokens.All(static token => PermissionSet.IsWellFormed(token.Value)),
            "--permission must be 1 to 160 of A-Z a-z 0-9 _ . : -, with * at the end only."));

        var command = new Command("create", "Sign a token for a user with this service's key; prints the token and nothing else.")
        {
            user, name, roles, permissions, minutes, json,
        };
        command.SetAction(async (result, cancellationToken) =>
        {
            return await AccountServices.RunAsync(run, needsSchema: false, async (settings, services) =>
            {
                var lifetime = TimeSpan.FromMinutes(result.GetValue(minutes) ?? settings.Auth.AccessTokenMinutes);
                await services.GetRequiredService<SigningKeys>().LoadAsync(cancellationToken);
                var expiresAt = TimeProvider.System.GetUtcNow() + lifetime;
                var token = services.GetRequiredService<AccessTokens>().Issue(
                    result.GetRequiredValue(user), result.GetValue(name), result.GetValue(roles) ?? [], result.GetValue(permissions) ?? [], lifetime);
                await run.Output.WriteLineAsync(result.GetValue(json)
                    ? JsonSerializer.Serialize(new Created(token, "Bearer", result.GetRequiredValue(user), expiresAt), CommandJson.Options)
                    : token);
                return ExitCode.Stopped;
            });
        });
        return command;
    }

    private static Command CreateAdmin(Invocation run)
    {
        var show = new Option<bool>("--show") { Description = "Print the token itself." };
        var json = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("admin", "Say where the admin token is; make it when it isn't there yet.") { show, json };
        command.SetAction(result =>
        {
            var token = AdminToken.LoadOrCreate(run.Settings().DataDirectory);
            var secret = result.GetValue(show) ? token.Value : null;
            run.Output.WriteLine(result.GetValue(json)
                ? JsonSerializer.Serialize(new Admin(token.Path, secret), CommandJson.Options)
                : secret ?? token.Path);
            return ExitCode.Stopped;
        });
        return command;
    }

    private static Command CreateRotate(Invocation run)
    {
        var json = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("rotate", "Make a new key that signs tokens from now on; nobody is logged out. A running service takes it up within an hour, or at a restart.") { json };
        command.SetAction((result, cancellationToken) => AccountServices.RunAsync(run, needsSchema: false, async (settings, services) =>
        {
            if (settings.Auth.SigningKeys.Count > 0)
            {
                await run.Error.WriteLineAsync("The signing keys are configured (Auth:SigningKeys): put a new one before them there, and restart.");
                return ExitCode.Failed;
            }

            await services.GetRequiredService<SigningKeys>().LoadAsync(cancellationToken);
            var ring = await services.GetRequiredService<SigningKeys>().RotateAsync(cancellationToken);
            await run.Output.WriteLineAsync(result.GetValue(json)
                ? JsonSerializer.Serialize(new Rotated(ring.Current.Id, [.. ring.Keys.Skip(1).Select(static key => key.Id)]), CommandJson.Options)
                : $"Key {ring.Current.Id} signs now; {ring.Keys.Count - 1} earlier still verify.");
            return ExitCode.Stopped;
        }));
        return command;
    }

    private static void AddErrorUnless(System.CommandLine.Parsing.OptionResult result, bool holds, string message)
    {
        if (!holds)
        {
            result.AddError(message);
        }
    }

    private sealed record Created(string AccessToken, string TokenType, string UserId, DateTimeOffset ExpiresAt);

    private sealed record Admin(string Path, string? Token);

    private sealed record Rotated(string KeyId, IReadOnlyList<string> Earlier);
}
