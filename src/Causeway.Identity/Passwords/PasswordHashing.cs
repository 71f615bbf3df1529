using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>Hashes and checks passwords with the platform's own hasher, a few at a time and the rest in a bounded queue.</summary>
/// <remarks>Checking takes as long where there is nothing to compare with: nobody learns by the clock whether an account exists.</remarks>
public sealed class PasswordHashing : IDisposable
{
    private readonly PasswordHasher<PasswordHashing> _hasher;
    private readonly SemaphoreSlim _slots;
    private readonly IdentityMetrics _metrics;
    private readonly string _nobodys;
    private readonly int _most;
    private int _inside;

    internal PasswordHashing(IOptions<IdentityOptions> options, IdentityMetrics metrics)
    {
        var value = options.Value;
        _metrics = metrics;
        _hasher = new PasswordHasher<PasswordHashing>(Options.Create(new PasswordHasherOptions
        {
            CompatibilityMode = PasswordHasherCompatibilityMode.IdentityV3,
            IterationCount = value.PasswordIterations,
        }));
        _slots = new SemaphoreSlim(value.HashingThreads);
        _most = value.HashingThreads + value.HashingQueue;
        _nobodys = HashOfNobody(value.PasswordIterations);
    }

    /// <summary>Hashes a password that is to be stored.</summary>
    public Task<PasswordResult> HashAsync(string password, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(password);
        return RunAsync(() => new PasswordResult(PasswordStatus.Right, Hash(password)), cancellationToken);
    }

    /// <summary>Compares a password with a stored hash.</summary>
    /// <param name="hash">What is stored; null where there is no account, or one without a password: the answer is <see cref="PasswordStatus.Wrong"/>, and takes as long.</param>
    /// <param name="password">What was given.</param>
    /// <param name="cancellationToken">Leaves the queue.</param>
    public Task<PasswordResult> VerifyAsync(string? hash, string password, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(password);
        return RunAsync(() => Verify(hash, password), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _slots.Dispose();

    private PasswordResult Verify(string? hash, string password)
    {
        _metrics.CountHash();
        var result = _hasher.VerifyHashedPassword(this, hash ?? _nobodys, password);
        if (hash is null || result == PasswordVerificationResult.Failed)
        {
            return new PasswordResult(PasswordStatus.Wrong);
        }

        return new PasswordResult(PasswordStatus.Right, result == PasswordVerificationResult.SuccessRehashNeeded ? Hash(password) : null);
    }

    private string Hash(string password)
    {
        _metrics.CountHash();
        return _hasher.HashPassword(this, password);
    }

    private async Task<PasswordResult> RunAsync(Func<PasswordResult> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _inside) > _most)
        {
            Interlocked.Decrement(ref _inside);
            _metrics.CountHashRefused();
            return new PasswordResult(PasswordStatus.Busy);
        }

        try
        {
            await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await Task.Run(work, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    /// <summary>A hash in the platform's third format that no password has, since its key is random: comparing with it costs what any comparison does.</summary>
    private static string HashOfNobody(int iterations)
    {
        const int Sha512 = 2, SaltBytes = 16, KeyBytes = 32, HeaderBytes = 13;
        var bytes = RandomNumberGenerator.GetBytes(HeaderBytes + SaltBytes + KeyBytes);
        bytes[0] = 1;
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), Sha512);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(5), iterations);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(9), SaltBytes);
        return Convert.ToBase64String(bytes);
    }
}
