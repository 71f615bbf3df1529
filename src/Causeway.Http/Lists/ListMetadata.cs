namespace Causeway.Http;

/// <summary>Says at an endpoint which list it answers with, for <see cref="RequestedList"/> and for whatever describes the API.</summary>
/// <param name="Schema">The allow-list.</param>
/// <param name="IsExport">True for an export, which is the whole list and takes no page.</param>
public sealed record ListMetadata(ListSchema Schema, bool IsExport);
