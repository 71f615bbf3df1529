using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Causeway.Http;

/// <summary>Limits how often callers ask, and tells them how much they have left.</summary>
/// <remarks>
/// A token bucket, kept as the one moment at which it is full again (GCRA): a caller may ask at once for the whole quota, then as fast as it comes back. Chosen
/// over a counter per window because it needs one number for each caller, has no edge at which twice the quota passes in an instant, and because what it tells
/// of waiting is exact: who comes back after <c>Retry-After</c> is served. Each node counts for itself. Safe to use from any thread.
/// </remarks>
public sealed class RateLimiter
{
    private const string HeaderName = "RateLimit";
    private const string PolicyHeaderName = "RateLimit-Policy";
    private const byte ByPrincipal = 1;
    private const byte ByNetwork = 2;
    private const byte ByAccount = 3;
    private const int MaxStackBytes = 512;

    private readonly SipHash _hash = SipHash.CreateRandom();
    private readonly TimeProvider _time;
    private readonly long _origin;
    private readonly RateLimitMetrics _metrics;
    private readonly Func<HttpContext, RateLimitCaller> _caller;
    private readonly FrozenDictionary<string, PolicyInForce> _policies;

    internal RateLimiter(IOptions<RateLimitOptions> options, TimeProvider time, RateLimitMetrics metrics)
    {
        var value = options.Value;
        _time = time;
        _origin = time.GetTimestamp();
        _metrics = metrics;
        _caller = value.Caller;
        _policies = value.Policies.ToFrozenDictionary(
            static pair => pair.Key, pair => new PolicyInForce(pair.Key, new QuotaTable(value.MaxKeys), pair.Value), StringComparer.Ordinal);
    }

    /// <summary>Replaces a policy's figures; what callers have used stays counted.</summary>
    /// <param name="name">A policy there is.</param>
    /// <param name="policy">The new figures.</param>
    /// <exception cref="ArgumentException">There is no such policy, or the figures are out of range.</exception>
    public void Replace(string name, RateLimitPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.Problem() is { } problem)
        {
            throw new ArgumentException($"The policy '{name}' {problem}.", nameof(policy));
        }

        Find(name).Replace(policy);
    }

    /// <summary>Takes one request off the caller's quota and tells what is left in <c>RateLimit</c> and <c>RateLimit-Policy</c>.</summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <param name="policy">The policy's name.</param>
    /// <returns>Null where it may go on; else the refusal, 429 <c>RATE_LIMITED</c> with <c>Retry-After</c>.</returns>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public ApiError? Take(HttpContext context, string policy)
    {
        ArgumentNullException.ThrowIfNull(context);
        var caller = _caller(context);
        if (caller.IsExempt)
        {
            return null;
        }

        return caller.Principal is { } principal
            ? Take(context, policy, ByPrincipal, principal)
            : Take(context, Find(policy), KeyOf(context.Connection.RemoteIpAddress), "network");
    }

    /// <summary>As <see cref="Take(HttpContext, string)"/>, but counts for an account that somebody claims to be, from wherever they ask: for log-ins and resets.</summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <param name="policy">The policy's name.</param>
    /// <param name="account">The account's name, written in one way only (such as a lowered address); whether it exists makes no difference.</param>
    /// <returns>As above; also null for a caller who is exempt.</returns>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    public ApiError? TakeForAccount(HttpContext context, string policy, string account)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(account);
        return _caller(context).IsExempt ? null : Take(context, policy, ByAccount, account);
    }

    private static string Sentence(long waitTicks)
    {
        var seconds = Seconds(waitTicks);
        return string.Create(CultureInfo.InvariantCulture, $"Too many requests; ask again in {seconds} {(seconds == 1 ? "second" : "seconds")}.");
    }

    private static long Seconds(long ticks) => (ticks + TimeSpan.TicksPerSecond - 1) / TimeSpan.TicksPerSecond;

    private static void Append(IHeaderDictionary headers, string name, string value) =>
        headers[name] = headers.TryGetValue(name, out var before) ? StringValues.Concat(before, value) : value;

    private PolicyInForce Find(string name) => _policies.TryGetValue(name, out var policy)
        ? policy
        : throw new ArgumentException($"There is no rate limit '{name}'.", nameof(name));

    private ApiError? Take(HttpContext context, string policy, byte kind, string name) =>
        Take(context, Find(policy), KeyOf(kind, name), kind == ByAccount ? "account" : "principal");

    private ApiError? Take(HttpContext context, PolicyInForce policy, ulong key, string by)
    {
        var figures = policy.Figures;
        var permit = policy.Table.Take(key, figures.Quota, _time.GetElapsedTime(_origin).Ticks, out var forgotten);
        if (forgotten)
        {
            _metrics.Forgotten(policy.Name);
        }

        var headers = context.Response.Headers;
        Append(headers, PolicyHeaderName, figures.Header);
        Append(headers, HeaderName, string.Create(CultureInfo.InvariantCulture, $"\"{policy.Name}\";r={permit.Remaining};t={Seconds(permit.Wait)}"));
        if (permit.IsTaken)
        {
            return null;
        }

        _metrics.Limited(policy.Name, by);

        // Rounded up like t, so that Retry-After never names an earlier moment.
        return new ApiError(ErrorCode.RateLimited, Sentence(permit.Wait)) { RetryAfter = TimeSpan.FromTicks(permit.Wait) };
    }

    /// <summary>An IPv4 address stands for itself; of an IPv6 address the first half, since the rest is the customer's to choose.</summary>
    private ulong KeyOf(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[17];
        bytes.Clear();
        bytes[0] = ByNetwork;
        if (address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false })
        {
            address.TryWriteBytes(bytes[1..], out _);
            bytes[9..].Clear();
        }
        else if (address is not null)
        {
            // Mapped or not, an IPv4 address is the same one; without an address (a Unix socket) all are one network.
            Span<byte> whole = stackalloc byte[16];
            address.TryWriteBytes(whole, out var length);
            whole[(length - 4)..length].CopyTo(bytes[13..]);
        }

        return _hash.Hash(bytes);
    }

    private ulong KeyOf(byte kind, string name)
    {
        var text = MemoryMarshal.AsBytes(name.AsSpan());
        Span<byte> bytes = text.Length < MaxStackBytes ? stackalloc byte[MaxStackBytes] : new byte[text.Length + 1];
        bytes[0] = kind;
        text.CopyTo(bytes[1..]);
        return _hash.Hash(bytes[..(text.Length + 1)]);
    }

    private sealed class PolicyInForce(string name, QuotaTable table, RateLimitPolicy policy)
    {
        private Figures _figures = new(name, policy);

        public string Name { get; } = name;

        public QuotaTable Table { get; } = table;

        public Figures Figures => Volatile.Read(ref _figures);

        public void Replace(RateLimitPolicy other) => Volatile.Write(ref _figures, new Figures(Name, other));
    }

    private sealed class Figures(string name, RateLimitPolicy policy)
    {
        public Quota Quota { get; } = new(policy.Permits, policy.Window);

        public string Header { get; } = string.Create(
            CultureInfo.InvariantCulture, $"\"{name}\";q={policy.Permits};w={Math.Ceiling(policy.Window.TotalSeconds):0}");
    }
}
