using Causeway.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Causeway.Server;

/// <summary>The lists that a file can be read into.</summary>
internal static class Imports
{
    private const string DryRun = "dry_run";

    public static IReadOnlyList<ListImport> All { get; } = [ImportUsers.List, ImportRooms.List];

    /// <summary>Beyond what a request may take: nobody waits for it. The keys of all rows are in memory.</summary>
    public static CsvImportLimits Limits { get; } = new() { MaxRows = 1_000_000 };

    /// <summary>The list of a name; null for none.</summary>
    public static ListImport? Find(string? noun) => All.FirstOrDefault(one => one.Noun == noun);

    /// <summary>The same for a request: where the service has admin addresses, what is for whoever runs it is nowhere else.</summary>
    public static ListImport? Find(string? noun, HttpContext context, ServerSettings settings) =>
        Find(noun) is { } one && (!one.Rule.IsForOperators || settings.Server.AdminUrls is null || AdminListener.IsAdmin(context, settings)) ? one : null;

    /// <summary>How a file is to be read.</summary>
    /// <param name="query">As in the query of the list's own import.</param>
    /// <param name="isDryRun">Whether nothing is to be changed.</param>
    /// <exception cref="ApiErrorException">Something in the query is unknown, or has no such value.</exception>
    public static CsvImportRequest ReadRequest(string? query, bool isDryRun)
    {
        var values = QueryHelpers.ParseQuery(query);
        return values.TryAdd(DryRun, isDryRun ? "true" : "false")
            ? CsvImportRequest.Read(new QueryCollection(values))
            : throw new ApiErrorException(new ApiError(ErrorCode.ValidationError, $"The parameter '{DryRun}' is a field beside the query."));
    }
}
