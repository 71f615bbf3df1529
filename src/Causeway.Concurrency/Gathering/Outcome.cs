using System.Diagnostics.CodeAnalysis;

namespace Causeway.Concurrency;

/// <summary>What became of one item: a value or a failure.</summary>
/// <typeparam name="T">The value.</typeparam>
public sealed class Outcome<T>
{
    private readonly T _value;

    internal Outcome(T value) => _value = value;

    internal Outcome(Exception failure)
    {
        Failure = failure;
        _value = default!;
    }

    /// <summary>Why there is no value; null when there is one.</summary>
    public Exception? Failure { get; }

    /// <summary>Whether there is a value.</summary>
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool Succeeded => Failure is null;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is none; the inner exception says why.</exception>
    public T Value => Succeeded ? _value : throw new InvalidOperationException("The item failed.", Failure);
}
