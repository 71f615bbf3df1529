using Causeway.Data;
using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>Makes accounts of the rows of a CSV file; what is wrong is told by line. Each owner is invited by mail to choose a password.</summary>
internal static class ImportUsers
{
    /// <summary>The largest file, in bytes.</summary>
    public const long MaxBytes = 64 * 1_048_576;

    // An export has these too; they are its own, and nobody sets them.
    private static readonly string[] Ignored = ["id", "has_password", "created_at", "updated_at", "last_login_at"];

    private static readonly CsvImport<NewAccount> Import = new(
        [
            new("email") { IsRequired = true, Aliases = ["e_mail", "mail"] },
            new("name"),
            new("roles") { Aliases = ["role"] },
            new("disabled"),
            new("email_verified_at"),
            .. Ignored.Select(static name => new CsvImportColumn(name)),
        ],
        Read)
    {
        Key = ("email", static account => account.Email.Key),
    };

    // The address of a row that is refused anyway.
    private static readonly EmailAddress Nobody = EmailAddress.Parse("nobody@example.invalid", null);

    public static ListImport List { get; } = new ListImport<NewAccount>("users", AccessRule.Operator("users:write"), Import, WriteAsync);

    public static Task<CsvImportReport> HandleAsync(CsvImportRequest request, Caller caller, HttpContext context) => Import.RunAsync(
        context, request, new CsvImportLimits { MaxBytes = MaxBytes },
        (batch, cancellationToken) => WriteAsync(context.RequestServices, caller, Origins.Of(context), batch, also: null, cancellationToken));

    private static async Task WriteAsync(
        IServiceProvider services, Caller caller, AuditOrigin origin, CsvImportBatch<NewAccount> batch, Func<UnitOfWork, CancellationToken, Task>? also, CancellationToken cancellationToken)
    {
        var (accounts, roles) = (services.GetRequiredService<Accounts>(), services.GetRequiredService<Roles>());
        var allowed = new List<CsvImportRow<NewAccount>>();
        foreach (var row in batch.Rows)
        {
            if (await Grants.CoversRolesAsync(caller, row.Value.Roles, roles, cancellationToken))
            {
                allowed.Add(row);
            }
            else
            {
                row.Fail("roles", UserErrors.GreaterThanCaller.Message);
            }
        }

        await services.GetRequiredService<Database>().WriteBatchAsync(
            batch.DryRun,
            async (unit, token) =>
            {
                foreach (var row in allowed)
                {
                    Tell(row, await accounts.CreateAsync(unit, row.Value, passwordHash: null, origin, token));
                }

                await (also?.Invoke(unit, token) ?? Task.CompletedTask);
            },
            cancellationToken);
    }

    private static NewAccount Read(CsvRow row)
    {
        var text = row.Required("email");
        row.Check(EmailAddress.TryParse(text, null, out var email), "email", AccountRules.EmailRule);
        var name = row.Text("name");
        row.Check(name is null || AccountRules.IsName(name), "name", AccountRules.NameRule);
        var roles = row.List("roles");
        row.Check(AccountRules.AreRoles(roles), "roles", AccountRules.RolesRule);
        return new NewAccount(
            email ?? Nobody, name, null, roles.Count == 0 ? [Role.User] : roles, row.Boolean("disabled") ?? false, row.Time("email_verified_at") is not null);
    }

    private static void Tell(CsvImportRow<NewAccount> row, AccountResult result)
    {
        switch (result.Status)
        {
            case AccountStatus.EmailTaken:
                row.Fail("email", AuthErrors.EmailTaken.Message);
                break;
            case AccountStatus.UnknownRoles:
                row.Fail("roles", $"There is no role {string.Join(", ", result.UnknownRoles!)}.");
                break;
        }
    }
}
