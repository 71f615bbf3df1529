using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Causeway.Data;

namespace Causeway.Identity;

/// <summary>The secrets of links in mails: good for one use and a while; only their hash is stored.</summary>
internal sealed class MailTokens(TimeProvider time)
{
    private const string Columns = "hash, kind, user_id, email, security_version, created_at, expires_at";
    private const int SecretBytes = 32;

    /// <summary>Makes one; the user's earlier ones of this kind are void.</summary>
    public async Task<string> CreateAsync(
        UnitOfWork unit, MailKind kind, string userId, string email, long securityVersion, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        await DeleteAsync(unit, userId, kind, cancellationToken).ConfigureAwait(false);
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        await unit.ExecuteAsync(
            $"INSERT INTO mail_tokens ({Columns}) VALUES (@hash, @kind, @userId, @email, @securityVersion, @now, @expiresAt)",
            new { hash = HashOf(token), kind = (long)KindOf(kind), userId, email, securityVersion, now = time.GetUtcNow().ToUnixTimeMilliseconds(), expiresAt = expiresAt.ToUnixTimeMilliseconds() },
            cancellationToken).ConfigureAwait(false);
        return token;
    }

    /// <summary>What a secret stands for; null where it stands for nothing, or no more.</summary>
    public async Task<Row?> FindAsync(Database database, string token, MailKind kind, CancellationToken cancellationToken) => await database.QuerySingleOrDefaultAsync<Row>(
        $"SELECT {Columns} FROM mail_tokens WHERE hash = @hash AND kind = @kind AND expires_at > @now", Parameters(token, kind), cancellationToken).ConfigureAwait(false);

    /// <summary>The same, and it stands for nothing any more.</summary>
    public async Task<Row?> TakeAsync(UnitOfWork unit, string token, MailKind kind, CancellationToken cancellationToken) => await unit.QuerySingleOrDefaultAsync<Row>(
        $"DELETE FROM mail_tokens WHERE hash = @hash AND kind = @kind AND expires_at > @now RETURNING {Columns}", Parameters(token, kind), cancellationToken).ConfigureAwait(false);

    /// <summary>Makes a user's links void.</summary>
    public static Task DeleteAsync(UnitOfWork unit, string userId, MailKind kind, CancellationToken cancellationToken) =>
        unit.ExecuteAsync("DELETE FROM mail_tokens WHERE user_id = @userId AND kind = @kind", new { userId, kind = (long)KindOf(kind) }, cancellationToken);

    /// <summary>Deletes those that are over.</summary>
    public Task<int> ForgetAsync(Database database, CancellationToken cancellationToken) =>
        database.ExecuteAsync("DELETE FROM mail_tokens WHERE expires_at <= @now", new { now = time.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken);

    /// <summary>An invitation's link is that of a new password.</summary>
    private static MailKind KindOf(MailKind kind) => kind == MailKind.Invitation ? MailKind.Reset : kind;

    private static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    private object Parameters(string token, MailKind kind) => new { hash = HashOf(token), kind = (long)KindOf(kind), now = time.GetUtcNow().ToUnixTimeMilliseconds() };

    /// <summary>A row of <c>mail_tokens</c>.</summary>
    internal sealed record Row
    {
        public string UserId { get; init; } = "";

        public string Email { get; init; } = "";

        public long SecurityVersion { get; init; }
    }
}
