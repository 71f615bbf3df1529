using Causeway.Http;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>The list of accounts.</summary>
internal static class UserList
{
    public static ApiList<Row> List { get; } = new(
        "users",
        "id, email, name, roles, disabled, password_hash IS NOT NULL AS has_password, email_verified_at, created_at, updated_at, last_login_at, version",
        "users",
        "-created_at",
        [
            ListField.Search("q"),
            ListField.Text("email") with { IgnoresCase = true },
            ListField.Text("name") with { Nullable = true },
            ListField.Text("roles") with { Filters = FilterOperators.Contains, Sortable = false },
            ListField.Boolean("disabled"),
            ListField.Time("email_verified_at") with { Nullable = true },
            ListField.Time("last_login_at") with { Nullable = true },
            ListField.Time("created_at"),
            ListField.Time("updated_at"),
        ],
        new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["q"] = "(email || '\n' || COALESCE(name, ''))",
            ["email"] = "email_key",
        });

    /// <summary>The columns of an export.</summary>
    public static CsvTable<UserResponse> Table { get; } = new()
    {
        { "id", static (csv, user) => csv.Write(user.Id) },
        { "email", static (csv, user) => csv.Write(user.Email) },
        { "name", static (csv, user) => csv.Write(user.Name) },
        { "roles", static (csv, user) => csv.Write(string.Join(';', user.Roles)) },
        { "disabled", static (csv, user) => csv.Write(user.Disabled) },
        { "has_password", static (csv, user) => csv.Write(user.HasPassword) },
        { "email_verified_at", static (csv, user) => csv.Write(user.EmailVerifiedAt) },
        { "created_at", static (csv, user) => csv.Write(user.CreatedAt) },
        { "updated_at", static (csv, user) => csv.Write(user.UpdatedAt) },
        { "last_login_at", static (csv, user) => csv.Write(user.LastLoginAt) },
    };

    public static ListExport<UserResponse> Export { get; } = List.ToExport("users", AccessRule.Operator("users:read"), Shape, Table, static _ => ListScope.All);

    public static UserResponse Shape(Row row) => new(
        row.Id, row.Email, row.Name, Words.Read(row.Roles), row.Disabled, row.HasPassword, Moments.From(row.EmailVerifiedAt), Moments.From(row.CreatedAt), Moments.From(row.UpdatedAt), Moments.From(row.LastLoginAt), row.Version);

    /// <summary>A row.</summary>
    internal sealed record Row
    {
        public string Id { get; init; } = "";

        public string Email { get; init; } = "";

        public string? Name { get; init; }

        public string Roles { get; init; } = "[]";

        public bool Disabled { get; init; }

        public bool HasPassword { get; init; }

        public long? EmailVerifiedAt { get; init; }

        public long CreatedAt { get; init; }

        public long UpdatedAt { get; init; }

        public long? LastLoginAt { get; init; }

        public long Version { get; init; }
    }
}
