using System.Text.RegularExpressions;
using Causeway.Testing;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace Causeway.EndToEnd.Browser;

/// <summary>G2, E1, E3, E8: users, roles, API keys, the audit log and one's own account in the console.</summary>
public sealed class AccessPageTests(ChromiumFixture chromium, LocalServer server) : IClassFixture<ChromiumFixture>, IClassFixture<LocalServer>
{
    private const string Password = "correct horse battery staple 9";

    private CausewayProcess Causeway => server.Causeway;

    [Fact]
    public async Task Users_CreatedFoundEditedDeleted_ByKeyboard()
    {
        var email = $"{RoomNames.Next()}@example.com";
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, "/#/users");
        await page.GetByTestId("user-create").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#field-email").FillAsync(email);
        await page.Locator("#field-name").FillAsync("Ada <b>Lovelace</b>");
        await page.Locator("#field-password").FillAsync(Password);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByTestId("user-create-dialog")).ToBeHiddenAsync(Patient.Hidden);

        await page.GetByTestId("users-table-search").FillAsync(email);
        var row = page.GetByTestId("users-table").GetByRole(AriaRole.Row, new() { NameString = email });
        await Expect(row).ToContainTextAsync("Ada <b>Lovelace</b>", Patient.Text);

        await row.GetByTestId("user-edit").ClickAsync();
        await page.Locator("#field-disabled").SelectOptionAsync("true");
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(row).ToContainTextAsync("Disabled", Patient.Text);

        await row.GetByTestId("user-delete").ClickAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(row).ToHaveCountAsync(0, new() { Timeout = ChromiumFixture.LimitMilliseconds });
    }

    [Fact]
    public async Task Users_NotAnAddress_SaysWhichFieldAndStays()
    {
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, "/#/users");
        await page.GetByTestId("user-create").ClickAsync();
        await page.Locator("#field-email").FillAsync("a@b");
        await page.Locator("#field-password").FillAsync("short");
        await page.GetByTestId("dialog-confirm").ClickAsync();

        await Expect(page.GetByTestId("error-code")).ToHaveTextAsync("VALIDATION_ERROR", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await Expect(page.Locator("#field-password")).ToHaveAttributeAsync("aria-invalid", "true");
    }

    [Fact]
    public async Task Roles_CreatedAndChanged_KeepWhatWasTyped()
    {
        var name = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, "/#/roles");
        await page.GetByTestId("role-create").ClickAsync();
        await page.Locator("#field-name").FillAsync(name);
        await page.GetByLabel("rooms:read").CheckAsync();
        await page.Locator("#field-others").FillAsync("publish:news:*");
        await page.GetByTestId("dialog-confirm").ClickAsync();
        var row = page.GetByTestId("roles-table").GetByRole(AriaRole.Row, new() { NameString = name });
        await Expect(row).ToContainTextAsync("publish:news:*, rooms:read", Patient.Text);

        await row.GetByTestId("role-edit").ClickAsync();
        await Expect(page.GetByLabel("rooms:read")).ToBeCheckedAsync();
        await Expect(page.Locator("#field-others")).ToHaveValueAsync("publish:news:*");
        await page.GetByLabel("files:read").CheckAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(row).ToContainTextAsync("files:read", Patient.Text);

        await row.GetByTestId("role-delete").ClickAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(row).ToHaveCountAsync(0, new() { Timeout = ChromiumFixture.LimitMilliseconds });
    }

    [Fact]
    public async Task ApiKeys_Created_SecretIsShownOnceAndWorksUntilRevoked()
    {
        var name = RoomNames.Next();
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, "/#/api-keys");
        await page.GetByTestId("key-create").ClickAsync();
        await page.Locator("#field-name").FillAsync(name);
        await page.GetByLabel("rooms:read").CheckAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        var secret = await page.GetByTestId("key-secret").InnerTextAsync(new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await page.GetByTestId("key-done").ClickAsync();

        Assert.Equal(200, (await Causeway.GetAsync("/api/v1/rooms", ("Authorization", "Bearer " + secret))).Status);
        Assert.DoesNotContain(secret, await page.ContentAsync(), StringComparison.Ordinal);

        var row = page.GetByTestId("keys-table").GetByRole(AriaRole.Row, new() { NameString = name });
        await row.GetByTestId("key-revoke").ClickAsync();
        await page.GetByTestId("dialog-confirm").ClickAsync();
        await Expect(row).ToContainTextAsync("Revoked", Patient.Text);
        await Eventually.Equal(401, async () => (await Causeway.GetAsync("/api/v1/rooms", ("Authorization", "Bearer " + secret))).Status);
    }

    [Fact]
    public async Task Audit_RefusedLogIn_IsFoundByItsOutcome()
    {
        Assert.Equal(401, (await Causeway.PostAsync("/api/v1/auth/login", """{"email":"nobody@example.com","password":"no such password"}""")).Status);
        await using var context = await chromium.NewContextAsync();
        var page = await OpenAsync(context, "/#/audit");
        await page.GetByTestId("audit-table-outcome").SelectOptionAsync("refused");
        var row = page.GetByTestId("audit-table").GetByRole(AriaRole.Row, new() { NameString = "auth.login" }).First;
        await Expect(row).ToContainTextAsync("Refused", Patient.Text);

        await row.GetByTestId("audit-details").ClickAsync();

        await Expect(page.GetByTestId("audit-dialog")).ToContainTextAsync("nobody@example.com");
    }

    [Fact]
    public async Task Account_LogInWithASession_NameAndLogOut()
    {
        await using var guarded = await CausewayProcess.StartAsync("""{ "Auth": { "Mode": "required" } }""");
        var created = await guarded.PostAsync(
            "/api/v1/users", $$"""{"email":"ada@example.com","password":"{{Password}}","roles":["admin"],"email_verified":true}""", ("Authorization", "Bearer " + guarded.AdminToken));
        Assert.Equal(201, created.Status);
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(guarded.Address.ToString());

        await page.GetByTestId("sign-in-email").FillAsync("ada@example.com");
        await page.GetByTestId("sign-in-password").FillAsync("wrong");
        await page.GetByTestId("log-in").ClickAsync();
        await Expect(page.GetByTestId("sign-in-problem")).ToContainTextAsync("not right", Patient.Text);
        await Expect(page.GetByTestId("sign-in-email")).ToHaveValueAsync("ada@example.com");
        await page.GetByTestId("sign-in-password").FillAsync(Password);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByTestId("server-state")).ToHaveTextAsync("Live", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        var cookie = Assert.Single(await context.CookiesAsync());
        Assert.True(cookie.HttpOnly);
        Assert.Equal(SameSiteAttribute.Strict, cookie.SameSite);
        Assert.Equal("", await page.EvaluateAsync<string>("document.cookie"));

        await page.GetByTestId("nav-account").ClickAsync();
        await Expect(page.GetByTestId("my-email")).ToHaveTextAsync("ada@example.com", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await Expect(page.GetByTestId("sessions-table")).ToContainTextAsync("(this one)");
        await page.GetByTestId("my-name").FillAsync("Ada");
        await page.GetByTestId("my-save").ClickAsync();
        await Expect(page.GetByTestId("toast")).ToHaveTextAsync("Saved");

        await page.GetByTestId("my-logout").ClickAsync();
        await Expect(page.GetByTestId("sign-in-email")).ToBeVisibleAsync(new() { Timeout = ChromiumFixture.LimitMilliseconds });
    }

    [Fact]
    public async Task SignIn_WithTheAdminToken_OpensTheConsole()
    {
        await using var guarded = await CausewayProcess.StartAsync("""{ "Auth": { "Mode": "required" } }""");
        await using var context = await chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(guarded.Address.ToString());
        await page.GetByTestId("sign-in-other").ClickAsync();
        await page.GetByTestId("sign-in-token").FillAsync(guarded.AdminToken);
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.GetByTestId("server-state")).ToHaveTextAsync("Live", new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await page.GetByTestId("nav-users").ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1, NameString = "Users" })).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData("/#/users", ColorScheme.Light, 1400)]
    [InlineData("/#/users", ColorScheme.Dark, 360)]
    [InlineData("/#/roles", ColorScheme.Dark, 1200)]
    [InlineData("/#/roles", ColorScheme.Light, 360)]
    [InlineData("/#/api-keys", ColorScheme.Light, 360)]
    [InlineData("/#/api-keys", ColorScheme.Dark, 1200)]
    [InlineData("/#/audit", ColorScheme.Light, 1200)]
    [InlineData("/#/audit", ColorScheme.Dark, 360)]
    [InlineData("/#/files", ColorScheme.Light, 1200)]
    [InlineData("/#/files", ColorScheme.Dark, 360)]
    [InlineData("/#/account", ColorScheme.Dark, 1200)]
    [InlineData("/#/login", ColorScheme.Light, 360)]
    public async Task Page_CheckedByAxe_HasNoViolationAndFits(string path, ColorScheme scheme, int width)
    {
        await using var context = await chromium.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 740 } });
        var page = await OpenAsync(context, path);
        await Expect(page.GetByTestId("server-state")).Not.ToHaveAttributeAsync("data-state", "waiting");

        var result = await page.RunAxe();
        var overflow = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.Select(static v => v.Id + ": " + string.Join(' ', v.Nodes.Select(static n => n.Html)))));
        Assert.True(overflow <= 0, $"{overflow} px wider than the screen.");
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    private async Task<IPage> OpenAsync(IBrowserContext context, string path)
    {
        var page = await context.NewPageAsync();
        await page.GotoAsync(new Uri(Causeway.Address, path).ToString());
        await Expect(page.Locator("main h1")).ToBeVisibleAsync(new() { Timeout = ChromiumFixture.LimitMilliseconds });
        await Expect(page.GetByTestId("error")).ToHaveCountAsync(0);
        return page;
    }

    /// <summary>Waits as long as everything else here.</summary>
    private static class Patient
    {
        public static LocatorAssertionsToContainTextOptions Text => new() { Timeout = ChromiumFixture.LimitMilliseconds };

        public static LocatorAssertionsToBeHiddenOptions Hidden => new() { Timeout = ChromiumFixture.LimitMilliseconds };
    }
}
