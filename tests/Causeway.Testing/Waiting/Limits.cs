namespace Causeway.Testing;

/// <summary>How long a test may wait for anything.</summary>
public static class Limits
{
    /// <summary>The one limit for every wait: generous, since it is only ever reached by a test that fails.</summary>
    public static TimeSpan Test { get; } = TimeSpan.FromSeconds(60);

    /// <summary>For whole phases of the long suites, such as a hundred thousand connections.</summary>
    public static TimeSpan Phase { get; } = TimeSpan.FromMinutes(5);

    /// <summary>Awaits a task, but no longer than <see cref="Test"/>.</summary>
    public static Task Within(this Task task) => task.WaitAsync(Test);

    /// <inheritdoc cref="Within(Task)"/>
    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Test);

    /// <inheritdoc cref="Within(Task)"/>
    public static Task<T> Within<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Test);

    /// <summary>Awaits a long phase, but no longer than <see cref="Phase"/>.</summary>
    public static Task<T> WithinPhase<T>(this Task<T> task) => task.WaitAsync(Phase);
}
