using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Causeway.Testing;

/// <summary>Waits for a condition that nothing signals. The only place in the tests that polls.</summary>
public static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Returns as soon as the condition holds.</summary>
    /// <param name="condition">Asked again and again; must be cheap.</param>
    /// <param name="limit">How long to ask; <see cref="Limits.Test"/> when absent.</param>
    /// <param name="what">What is waited for, for the failure's text; the condition's source when absent.</param>
    /// <exception cref="TimeoutException">It did not hold in time.</exception>
    public static Task True(Func<bool> condition, TimeSpan? limit = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        True(() => Task.FromResult(condition()), limit, what);

    /// <inheritdoc cref="True(Func{bool}, TimeSpan?, string)"/>
    public static async Task True(
        Func<Task<bool>> condition, TimeSpan? limit = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var start = Stopwatch.GetTimestamp();
        var allowed = limit ?? Limits.Test;
        for (var round = 0; !await condition().ConfigureAwait(false); round++)
        {
            if (Stopwatch.GetElapsedTime(start) > allowed)
            {
                throw new TimeoutException($"Not true within {allowed.TotalSeconds:0.#} s: {what}");
            }

            await PauseAsync(round).ConfigureAwait(false);
        }
    }

    /// <summary>Returns as soon as a value is the expected one; the failure's text names the last value seen.</summary>
    public static async Task Equal<T>(
        T expected, Func<Task<T>> actual, TimeSpan? limit = null, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        var start = Stopwatch.GetTimestamp();
        var allowed = limit ?? Limits.Test;
        for (var round = 0; ; round++)
        {
            var value = await actual().ConfigureAwait(false);
            if (EqualityComparer<T>.Default.Equals(value, expected))
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(start) > allowed)
            {
                throw new TimeoutException($"After {allowed.TotalSeconds:0.#} s still {value}, not {expected}: {what}");
            }

            await PauseAsync(round).ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="Equal{T}(T, Func{Task{T}}, TimeSpan?, string)"/>
    public static Task Equal<T>(T expected, Func<T> actual, TimeSpan? limit = null, [CallerArgumentExpression(nameof(actual))] string what = "") =>
        Equal(expected, () => Task.FromResult(actual()), limit, what);

    private static async ValueTask PauseAsync(int round)
    {
        if (round < 20)
        {
            await Task.Yield();
        }
        else
        {
            await Task.Delay(Pause).ConfigureAwait(false);
        }
    }
}
