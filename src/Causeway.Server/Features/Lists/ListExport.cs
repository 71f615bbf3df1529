using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Causeway.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Causeway.Server;

/// <summary>A list that can be had whole, as an answer or as a file that a job stores.</summary>
/// <param name="noun">What it is a list of, in the plural and in lower case: for names and summaries.</param>
/// <param name="schema">What may be asked of it.</param>
/// <param name="rule">Who may have it.</param>
internal abstract class ListExport(string noun, ListSchema schema, AccessRule rule)
{
    public const string Csv = "csv";
    public const string Ndjson = "ndjson";

    private const int MostQuery = 500;

    public string Noun => noun;

    public ListSchema Schema => schema;

    public AccessRule Rule => rule;

    /// <summary>What the audit log calls it.</summary>
    public string Action => noun + ".export";

    /// <summary>Null, or why a caller may not have it at all.</summary>
    public ApiError? Check(Caller caller) => rule.Needed is not { } needed || caller.Has(needed) ? null : AccessErrors.Forbidden;

    /// <summary>Makes the list ready to be written, as a caller may see it now. Nothing is read yet.</summary>
    /// <param name="services">Where the list is.</param>
    /// <param name="caller">For whom.</param>
    /// <param name="format"><see cref="Csv"/> or <see cref="Ndjson"/>.</param>
    /// <param name="query">Order, filters, and how a CSV file is wanted.</param>
    /// <exception cref="ApiErrorException">It may not be had, or not so.</exception>
    public abstract ListWriter Prepare(IServiceProvider services, Caller caller, string format, IQueryCollection query);

    /// <summary>For the audit log: what somebody took along.</summary>
    public static JsonObject Describe(string format, string? query)
    {
        var details = new JsonObject { ["format"] = format };
        if (query?.TrimStart('?') is { Length: > 0 } text)
        {
            details["query"] = text[..Math.Min(text.Length, MostQuery)];
        }

        return details;
    }
}

/// <inheritdoc/>
/// <param name="noun">What it is a list of, in the plural and in lower case: for names and summaries.</param>
/// <param name="schema">What may be asked of it.</param>
/// <param name="rule">Who may have it.</param>
/// <param name="table">The columns of the CSV file.</param>
/// <param name="rows">The items that a caller may see of what is asked.</param>
internal sealed class ListExport<T>(string noun, ListSchema schema, AccessRule rule, CsvTable<T> table, ExportedRows<T> rows) : ListExport(noun, schema, rule)
{
    public CsvTable<T> Table => table;

    /// <summary>The items that a caller may see of what is asked.</summary>
    public IAsyncEnumerable<T> Rows(IServiceProvider services, Caller caller, RequestedList asked, IQueryCollection query) => rows(services, caller, asked, query);

    /// <summary>How an item is written as JSON.</summary>
    public static JsonTypeInfo<T> JsonOf(IServiceProvider services) =>
        (JsonTypeInfo<T>)services.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions.GetTypeInfo(typeof(T));

    public override ListWriter Prepare(IServiceProvider services, Caller caller, string format, IQueryCollection query)
    {
        if (Check(caller) is { } refused)
        {
            throw new ApiErrorException(refused);
        }

        var items = rows(services, caller, RequestedList.ReadExport(Schema, query), query);
        if (format == Csv)
        {
            var options = ExportRequest.Read(query).Csv;
            return (output, report, cancellationToken) => Export.WriteCsvAsync(CountAsync(items, report, cancellationToken), table, options, output, cancellationToken);
        }

        var json = JsonOf(services);
        return (output, report, cancellationToken) => Export.WriteNdjsonAsync(CountAsync(items, report, cancellationToken), json, output, cancellationToken);
    }

    private static async IAsyncEnumerable<T> CountAsync(IAsyncEnumerable<T> items, Action<long> report, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var count = 0L;
        await foreach (var item in items.WithCancellation(cancellationToken))
        {
            yield return item;
            report(++count);
        }
    }
}

/// <summary>The items of a list that a caller may see.</summary>
internal delegate IAsyncEnumerable<T> ExportedRows<T>(IServiceProvider services, Caller caller, RequestedList asked, IQueryCollection query);

/// <summary>Writes a list.</summary>
/// <param name="output">Takes the bytes; not flushed at the end.</param>
/// <param name="report">Told how many items were written so far.</param>
/// <param name="cancellationToken">Stops it.</param>
internal delegate Task ListWriter(PipeWriter output, Action<long> report, CancellationToken cancellationToken);
