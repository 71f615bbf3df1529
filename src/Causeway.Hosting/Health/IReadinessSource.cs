namespace Causeway.Hosting;

/// <summary>Knows by itself how ready some things are; nothing is asked, so it never waits. Dependencies and start-up steps are such.</summary>
internal interface IReadinessSource
{
    /// <summary>Each thing's name and how ready it is now.</summary>
    IEnumerable<(string Name, ReadinessResult Result)> Read();
}
