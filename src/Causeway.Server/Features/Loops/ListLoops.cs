namespace Causeway.Server;

/// <summary>Lists the background loops. There are as many as the program was built with, so all fit on one page.</summary>
internal static class ListLoops
{
    /// <summary>All loops, by name.</summary>
    internal sealed record LoopList(IReadOnlyList<LoopResponse> Items);

    public static LoopList Handle(Causeway.Hosting.Loops loops) => new([.. loops.All.Select(LoopResponse.From)]);
}
