using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>Answers with a whole list, row by row as it is read: memory does not grow with the rows, and a slow client slows the reading.</summary>
/// <remarks>
/// Nothing is sent before the first row is there, so that a list that can't be read is an error as any other. What fails later breaks the connection off,
/// and the last chunk is missing: a client never takes a part for the whole.
/// </remarks>
public static class Export
{
    /// <summary>The media type of <see cref="Ndjson"/>.</summary>
    public const string NdjsonType = "application/x-ndjson";

    /// <summary>The media type of <see cref="Csv"/>.</summary>
    public const string CsvType = "text/csv; charset=utf-8; header=present";

    private const int FlushBytes = 32_768;

    /// <summary>A CSV file with a header.</summary>
    /// <param name="rows">The list; what it reads from is let go when the response ends, however it ends.</param>
    /// <param name="table">The columns.</param>
    /// <param name="fileName">The name it is saved under.</param>
    /// <param name="options">How to write.</param>
    public static IResult Csv<T>(IAsyncEnumerable<T> rows, CsvTable<T> table, string fileName, CsvOptions options)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(options);
        return new StreamedContent(CsvType, (output, cancellationToken) => WriteCsvAsync(rows, table, options, output, cancellationToken)) { FileName = fileName };
    }

    /// <summary>One JSON value per line.</summary>
    /// <param name="rows">As for <see cref="Csv"/>.</param>
    /// <param name="type">How a row is written.</param>
    /// <param name="fileName">The name it is saved under.</param>
    public static IResult Ndjson<T>(IAsyncEnumerable<T> rows, JsonTypeInfo<T> type, string fileName)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(type);
        return new StreamedContent(NdjsonType, (output, cancellationToken) => WriteNdjsonAsync(rows, type, output, cancellationToken)) { FileName = fileName };
    }

    /// <summary>Writes a list as <see cref="Csv"/> does, to wherever it is wanted.</summary>
    /// <param name="rows">The list; what it reads from is let go at the end, whatever that is.</param>
    /// <param name="table">The columns.</param>
    /// <param name="options">How to write.</param>
    /// <param name="output">Takes the bytes; flushed from time to time, and not at the end.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task WriteCsvAsync<T>(IAsyncEnumerable<T> rows, CsvTable<T> table, CsvOptions options, PipeWriter output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(output);
        CsvWriter? csv = null;
        await WriteAsync(rows, output, Begin, row => table.WriteRow(csv!, row), cancellationToken).ConfigureAwait(false);

        void Begin()
        {
            csv = new CsvWriter(output, options);
            table.WriteHeader(csv);
        }
    }

    /// <summary>Writes a list as <see cref="Ndjson"/> does, to wherever it is wanted.</summary>
    /// <inheritdoc cref="WriteCsvAsync"/>
    /// <param name="rows">The list; what it reads from is let go at the end, whatever that is.</param>
    /// <param name="type">How a row is written.</param>
    /// <param name="output">Takes the bytes; flushed from time to time, and not at the end.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task WriteNdjsonAsync<T>(IAsyncEnumerable<T> rows, JsonTypeInfo<T> type, PipeWriter output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(output);

        // A writer of its own: indented JSON would be several lines.
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true });
        await WriteAsync(rows, output, static () => { }, Write, cancellationToken).ConfigureAwait(false);

        void Write(T row)
        {
            JsonSerializer.Serialize(json, row, type);
            json.Flush();
            json.Reset();
            output.Write("\n"u8);
        }
    }

    private static async Task WriteAsync<T>(IAsyncEnumerable<T> rows, PipeWriter output, Action begin, Action<T> write, CancellationToken cancellationToken)
    {
        var reader = rows.GetAsyncEnumerator(cancellationToken);
        await using (reader.ConfigureAwait(false))
        {
            var more = await reader.MoveNextAsync().ConfigureAwait(false);
            begin();
            for (; more; more = await reader.MoveNextAsync().ConfigureAwait(false))
            {
                write(reader.Current);
                if (output.UnflushedBytes >= FlushBytes)
                {
                    await output.FlushAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }
}
