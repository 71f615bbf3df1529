namespace Causeway.Server;

/// <summary>One part of the overview; registered by whoever knows it, and read beside the others.</summary>
/// <param name="Name">Named when it can't be had.</param>
/// <param name="ReadAsync">Reads it, and says where in the overview it goes. May fail or hang: the others are answered all the same.</param>
internal sealed record OverviewPart(string Name, Func<CancellationToken, Task<Func<GetOverview.Overview, GetOverview.Overview>>> ReadAsync)
{
    /// <summary>A part that is read at once.</summary>
    public static OverviewPart Of(string name, Func<Func<GetOverview.Overview, GetOverview.Overview>> read) => new(name, _ => Task.FromResult(read()));
}
