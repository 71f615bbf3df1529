namespace Causeway.Http;

/// <summary>One filter of a request: items pass that pass every filter.</summary>
/// <param name="Field">A name of the list's schema.</param>
/// <param name="Operator">One operator that the field takes.</param>
/// <param name="Values">
/// One value, or for <see cref="FilterOperators.Equal"/> and <see cref="FilterOperators.NotEqual"/> several, in ordinal order and none twice: each a
/// <see cref="string"/>, <see cref="long"/>, <see cref="bool"/> or <see cref="DateTimeOffset"/> as the field's type says; for <see cref="FilterOperators.IsNull"/> a <see cref="bool"/>.
/// </param>
public sealed record ListFilter(string Field, FilterOperators Operator, IReadOnlyList<object> Values);
