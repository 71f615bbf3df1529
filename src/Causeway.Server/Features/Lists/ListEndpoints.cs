using System.Text.Json.Serialization.Metadata;
using Causeway.Data;
using Causeway.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>Maps lists and their exports, the same way for all of them.</summary>
internal static class ListEndpoints
{
    private const string Saved = "attachment, with a file's name.";

    /// <summary>The list's pages at <c>GET</c> of the group.</summary>
    /// <param name="group">Where the list is.</param>
    /// <param name="list">The list.</param>
    /// <param name="shape">Makes of a row what the API shows of it.</param>
    /// <param name="scope">What a caller may see at all, by the request's path too.</param>
    /// <param name="path">Where in the group.</param>
    public static RouteHandlerBuilder MapList<TRow, T>(
        this RouteGroupBuilder group, ApiList<TRow> list, Func<TRow, T> shape, Func<HttpContext, Caller, ListScope> scope, string path = "") =>
        group.MapGet(path, (HttpContext context, RequestedList asked, Caller caller, Database database, CancellationToken cancellationToken) =>
                list.PageAsync(database, asked, shape, scope(context, caller), cancellationToken))
            .WithList(list.Schema).Answers<ListPage<T>>(200).Refuses(422, 503);

    /// <summary>The list as files at <c>export.csv</c> and <c>export.ndjson</c> of the group, row by row.</summary>
    /// <param name="group">Where the list is.</param>
    /// <param name="list">The list.</param>
    /// <param name="rule">Who may have it.</param>
    /// <param name="noun">What it is a list of, in the plural and in lower case: for names and summaries.</param>
    /// <param name="shape">Makes of a row what the API shows of it.</param>
    /// <param name="table">The columns of the CSV file.</param>
    /// <param name="scope">As for <see cref="MapList"/>.</param>
    public static void MapExports<TRow, T>(
        this RouteGroupBuilder group,
        ApiList<TRow> list,
        AccessRule rule,
        string noun,
        Func<TRow, T> shape,
        CsvTable<T> table,
        Func<HttpContext, Caller, ListScope> scope)
    {
        group.MapGet("/export.csv", (HttpContext context, RequestedList asked, ExportRequest export, Caller caller, Database database) =>
                Export.Csv(ShapeAsync(list.StreamAsync(database, asked, scope(context, caller)), shape), table, $"{noun}.csv", export.Csv))
            .IsCsvOf(list.Schema, noun).Needs(rule);
        group.MapGet("/export.ndjson", (HttpContext context, RequestedList asked, Caller caller, Database database, IOptions<JsonOptions> json) =>
                Export.Ndjson(
                    ShapeAsync(list.StreamAsync(database, asked, scope(context, caller)), shape),
                    (JsonTypeInfo<T>)json.Value.SerializerOptions.GetTypeInfo(typeof(T)),
                    $"{noun}.ndjson"))
            .IsNdjsonOf(list.Schema, noun).Needs(rule);
    }

    /// <summary>The endpoint is a list's export as CSV.</summary>
    public static RouteHandlerBuilder IsCsvOf(this RouteHandlerBuilder endpoint, ListSchema schema, string noun) => endpoint
        .WithName($"export{TitleOf(noun)}AsCsv").WithSummary($"Export {noun} as a CSV file, row by row, in the order and with the filters of the list.")
        .WithExport(schema).Produces<string>(200, "text/csv").Sends(200, "Content-Disposition", Saved).Refuses(422, 503);

    /// <summary>The endpoint is a list's export as NDJSON.</summary>
    public static RouteHandlerBuilder IsNdjsonOf(this RouteHandlerBuilder endpoint, ListSchema schema, string noun) => endpoint
        .WithName($"export{TitleOf(noun)}AsNdjson").WithSummary($"Export {noun} as one JSON object per line, in the order and with the filters of the list.")
        .WithExport(schema).Produces<string>(200, Export.NdjsonType).Sends(200, "Content-Disposition", Saved).Refuses(422, 503);

    private static string TitleOf(string noun) => char.ToUpperInvariant(noun[0]) + noun[1..];

    private static async IAsyncEnumerable<T> ShapeAsync<TRow, T>(
        IAsyncEnumerable<TRow> rows, Func<TRow, T> shape, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            yield return shape(row);
        }
    }
}
