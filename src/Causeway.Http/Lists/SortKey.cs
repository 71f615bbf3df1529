namespace Causeway.Http;

/// <summary>One key of a list's order.</summary>
/// <param name="Field">A name of the list's schema.</param>
/// <param name="Descending">Whether the greatest comes first.</param>
public readonly record struct SortKey(string Field, bool Descending)
{
    /// <summary>As it stands in <c>?sort=</c>: <c>-created_at</c>, <c>name</c>.</summary>
    public override string ToString() => Descending ? "-" + Field : Field;
}
