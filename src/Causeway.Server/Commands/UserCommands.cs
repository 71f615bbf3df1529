using System.CommandLine;
using System.Text.Json;
using Causeway.Hosting;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary><c>causeway user …</c></summary>
internal static class UserCommands
{
    public static Command Create(Invocation run) => new("user", "Make accounts.") { CreateCreate(run) };

    private static Command CreateCreate(Invocation run)
    {
        var email = new Option<string>("--email") { Description = "The account's address.", Required = true };
        var name = new Option<string?>("--name") { Description = "A name for people." };
        var roles = new Option<string[]>("--role") { Description = "A role; admin may do everything. May be repeated; default user.", DefaultValueFactory = static _ => [Role.User] };
        var stdin = new Option<bool>("--password-stdin") { Description = "Take the password from standard input; else it is asked for." };
        var json = new Option<bool>("--json") { Description = "Print a JSON object instead of the bare id." };
        email.Validators.Add(static result =>
        {
            if (!EmailAddress.TryParse(result.GetValueOrDefault<string>(), null, out _))
            {
                result.AddError("--email must be an e-mail address.");
            }
        });
        name.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<string?>() is { } text && !AccountRules.IsName(text))
            {
                result.AddError("--name: " + AccountRules.NameRule);
            }
        });

        var command = new Command("create", "Make an account; prints its id. The service may be running.") { email, name, roles, stdin, json };
        command.SetAction(async (result, cancellationToken) =>
        {
            var address = EmailAddress.Parse(result.GetRequiredValue(email), null);
            var password = result.GetValue(stdin) ? await run.Input.ReadLineAsync(cancellationToken) : await AskAsync(run);
            if (PasswordRules.Check(password, address) is { } rule)
            {
                await run.Error.WriteLineAsync("The password: " + rule);
                return ExitCode.Usage;
            }

            return await AccountServices.RunAsync(run, needsSchema: true, async (_, services) =>
            {
                var account = new NewAccount(address, result.GetValue(name), password, result.GetValue(roles) ?? [], IsEmailVerified: true);
                var made = await services.GetRequiredService<Accounts>().CreateAsync(account, AuditOrigin.Command, cancellationToken: cancellationToken);
                if (made.Account is null)
                {
                    await run.Error.WriteLineAsync(made.Status == AccountStatus.UnknownRoles
                        ? $"There is no role {string.Join(", ", made.UnknownRoles!)}."
                        : $"{address} has an account already.");
                    return ExitCode.Failed;
                }

                await run.Output.WriteLineAsync(result.GetValue(json)
                    ? JsonSerializer.Serialize(new Created(made.Account.Id, made.Account.Email, made.Account.Roles), CommandJson.Options)
                    : made.Account.Id);
                return ExitCode.Stopped;
            });
        });
        return command;
    }

    /// <summary>Asks at the terminal, twice, showing nothing of it.</summary>
    private static async Task<string?> AskAsync(Invocation run)
    {
        if (Console.IsInputRedirected)
        {
            await run.Error.WriteLineAsync("There is no terminal to ask for the password; give it on standard input with --password-stdin.");
            return null;
        }

        var first = await ReadHiddenAsync(run, "Password: ");
        var second = await ReadHiddenAsync(run, "The same again: ");
        if (first != second)
        {
            await run.Error.WriteLineAsync("The two are not the same.");
            return null;
        }

        return first;
    }

    private static async Task<string> ReadHiddenAsync(Invocation run, string prompt)
    {
        await run.Error.WriteAsync(prompt);
        var text = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key != ConsoleKey.Backspace)
            {
                text.Append(key.KeyChar);
            }
            else if (text.Length > 0)
            {
                text.Length--;
            }
        }

        await run.Error.WriteLineAsync();
        return text.ToString();
    }

    private sealed record Created(string Id, string Email, IReadOnlyList<string> Roles);
}
