using Microsoft.AspNetCore.Http;

namespace Causeway.Http;

/// <summary>Imports a CSV file row by row as it comes, in batches, and reports what is wrong by line and column. Made once per kind of thing.</summary>
/// <remarks>
/// The file is UTF-8 with a header (RFC 4180). A row that is refused does not keep the others from being imported. Each batch is one call, for one
/// transaction; if the file can't be read on, what was done stays, and the report says up to which line.
/// </remarks>
/// <param name="columns">All the columns there are.</param>
/// <param name="read">Makes a thing of a row; what it refuses with <see cref="CsvRow.Fail"/> goes no further.</param>
/// <typeparam name="T">What a row is read as.</typeparam>
public sealed class CsvImport<T>(IReadOnlyList<CsvImportColumn> columns, Func<CsvRow, T> read)
{
    /// <summary>The media types that a file may be sent as.</summary>
    private static readonly string[] Types = ["text/csv", "text/plain", "application/vnd.ms-excel"];

    private readonly Func<CsvRow, T> _read = read;

    /// <summary>What no two rows of a file may share, and the column that it stands in; null where rows may repeat.</summary>
    public (string Column, Func<T, string> Of)? Key { get; init; }

    /// <summary>Rows that are handed over at once.</summary>
    /// <value>Default 200.</value>
    public int BatchRows { get; init; } = 200;

    /// <summary>The columns' names, as an error names them.</summary>
    public IReadOnlyList<CsvImportColumn> Columns => columns;

    /// <summary>Imports the file in a request's body, alone or in a form.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">How.</param>
    /// <param name="limits">How much.</param>
    /// <param name="handle">Imports a batch; tells by each row what became of it. What it throws ends the request.</param>
    /// <exception cref="ApiErrorException">The file can't be read before anything of it was handed over: 400, 408, 413, 415, or 422 for its header.</exception>
    public async Task<CsvImportReport> RunAsync(
        HttpContext context, CsvImportRequest request, CsvImportLimits limits, Func<CsvImportBatch<T>, CancellationToken, Task> handle)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(limits);
        var time = (TimeProvider?)context.RequestServices?.GetService(typeof(TimeProvider)) ?? TimeProvider.System;
        var upload = await Upload.OpenAsync(context, new UploadLimits { MaxBytes = limits.MaxBytes, AllowedTypes = Types, MaxTime = limits.MaxTime }, time).ConfigureAwait(false);
        await using (upload.ConfigureAwait(false))
        {
            return await RunAsync(upload.OpenRead(), request, limits, handle, context.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Imports a file.</summary>
    /// <param name="content">Its bytes.</param>
    /// <param name="request">How.</param>
    /// <param name="limits">How much.</param>
    /// <param name="handle">Imports a batch; tells by each row what became of it. What it throws is thrown.</param>
    /// <param name="cancellationToken">Stops it between two batches, and in the handling of one.</param>
    /// <exception cref="ApiErrorException">The file can't be read before anything of it was handed over; 422 for its header.</exception>
    public Task<CsvImportReport> RunAsync(
        Stream content, CsvImportRequest request, CsvImportLimits limits, Func<CsvImportBatch<T>, CancellationToken, Task> handle, CancellationToken cancellationToken) =>
        RunAsync(content, request, limits, handle, from: null, cancellationToken);

    /// <summary>Goes on with an import that was broken off: rows that were settled are read and not handled again, and the report is of all.</summary>
    /// <inheritdoc cref="RunAsync(Stream, CsvImportRequest, CsvImportLimits, Func{CsvImportBatch{T}, CancellationToken, Task}, CancellationToken)"/>
    /// <param name="content">The bytes, from the file's beginning.</param>
    /// <param name="request">How; as before.</param>
    /// <param name="limits">How much; as before.</param>
    /// <param name="handle">Imports a batch; tells by each row what became of it. What it throws is thrown.</param>
    /// <param name="from">How far it was (<see cref="CsvImportBatch{T}.Progress"/>); null for the beginning.</param>
    /// <param name="cancellationToken">Stops it between two batches, and in the handling of one.</param>
    public async Task<CsvImportReport> RunAsync(
        Stream content,
        CsvImportRequest request,
        CsvImportLimits limits,
        Func<CsvImportBatch<T>, CancellationToken, Task> handle,
        CsvImportReport? from,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(handle);
        var file = new CsvFile(content, request.Delimiter, limits);
        var run = new Run(this, request, limits, handle, from);
        try
        {
            var header = await file.ReadAsync(cancellationToken).ConfigureAwait(false) ? file.Fields : [];
            run.UseHeader(CsvHeader.Read(header, columns, request));
            while (await file.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                run.Take(file);
                if (run.IsBatchFull)
                {
                    await run.HandleAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (BadHttpRequestException exception) when (run.HasHandled)
        {
            return run.Report(new CsvImportStop(run.NextLine(file), exception.Message));
        }
        catch (CsvFileException exception)
        {
            return run.HasHandled
                ? run.Report(new CsvImportStop(run.NextLine(file), exception.Message))
                : throw new ApiErrorException(new ApiError(ErrorCode.ValidationError, exception.Message) { Details = new() { ["line"] = exception.Line } });
        }

        await run.HandleAsync(cancellationToken).ConfigureAwait(false);
        return run.Report(stopped: null);
    }

    /// <summary>One import under way.</summary>
    private sealed class Run(CsvImport<T> import, CsvImportRequest request, CsvImportLimits limits, Func<CsvImportBatch<T>, CancellationToken, Task> handle, CsvImportReport? from)
    {
        private readonly List<CsvImportError> _errors = [.. from?.Errors ?? []];
        private readonly List<CsvImportRow<T>> _batch = [];
        private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
        private readonly long[] _outcomes = from is null ? new long[(int)CsvImportOutcome.Failed + 1] : [0, from.Created, from.Updated, from.Skipped, from.Failed];
        private readonly long _settled = from?.Rows ?? 0;
        private IReadOnlyDictionary<string, int> _columns = null!;
        private int _width;
        private long _rows;
        private bool _truncated = from?.ErrorsTruncated ?? false;

        public bool HasHandled { get; private set; } = from is not null;

        /// <summary>Whether the row that is read is one that was settled before: only what it shares with later ones counts.</summary>
        private bool IsSettled => _rows <= _settled;

        public bool IsBatchFull => _batch.Count >= import.BatchRows;

        public void UseHeader((IReadOnlyDictionary<string, int> Columns, int Width) header) => (_columns, _width) = header;

        public void Take(CsvFile file)
        {
            if (_rows == limits.MaxRows)
            {
                throw new CsvFileException(file.Line, $"A file may have {limits.MaxRows} rows.");
            }

            _rows++;
            if (file.Problem is { } problem)
            {
                Refuse(new CsvImportError(file.Line, null, problem));
            }
            else if (file.Fields.Length != _width)
            {
                Refuse(new CsvImportError(file.Line, null, $"Has {file.Fields.Length} fields; the header has {_width}."));
            }
            else
            {
                TakeFields(file.Line, file.Fields);
            }
        }

        public async Task HandleAsync(CancellationToken cancellationToken)
        {
            if (_batch.Count == 0)
            {
                return;
            }

            HasHandled = true;
            await handle(new CsvImportBatch<T>(_batch, request.DryRun) { Reached = Progress }, cancellationToken).ConfigureAwait(false);
            foreach (var row in _batch)
            {
                _outcomes[(int)row.Outcome]++;
            }

            _batch.Clear();
        }

        /// <summary>The first line of which nothing was done.</summary>
        public int NextLine(CsvFile file) => _batch.Count > 0 ? _batch[0].Line : file.Line;

        public CsvImportReport Report(CsvImportStop? stopped) => new()
        {
            DryRun = request.DryRun,
            Rows = Math.Max(_rows - _batch.Count, _settled),
            Created = _outcomes[(int)CsvImportOutcome.Created],
            Updated = _outcomes[(int)CsvImportOutcome.Updated],
            Skipped = _outcomes[(int)CsvImportOutcome.Skipped],
            Failed = _outcomes[(int)CsvImportOutcome.Failed],
            Errors = [.. _errors.OrderBy(static error => error.Line)],
            ErrorsTruncated = _truncated,
            Stopped = stopped,
        };

        private CsvImportReport Progress() => Report(stopped: null) with
        {
            Rows = _rows,
            Created = CountWithBatch(CsvImportOutcome.Created),
            Updated = CountWithBatch(CsvImportOutcome.Updated),
            Skipped = CountWithBatch(CsvImportOutcome.Skipped),
            Failed = CountWithBatch(CsvImportOutcome.Failed),
        };

        private long CountWithBatch(CsvImportOutcome outcome) => _outcomes[(int)outcome] + _batch.Count(row => row.Outcome == outcome);

        private void TakeFields(int line, string?[] fields)
        {
            if (request.UndoesFormulaGuard)
            {
                for (var i = 0; i < fields.Length; i++)
                {
                    fields[i] = fields[i] is ['\'', ..] text ? FormulaGuard.Undo(text).ToString() : fields[i];
                }
            }

            var row = new CsvRow(line, _columns, fields, AddError);
            var value = import._read(row);
            if (!row.IsFailed && import.Key is var (column, of) && !_lines.TryAdd(of(value), line))
            {
                row.Fail(column, $"Stands on line {_lines[of(value)]} already.");
            }

            if (IsSettled)
            {
                return;
            }

            if (row.IsFailed)
            {
                _outcomes[(int)CsvImportOutcome.Failed]++;
            }
            else
            {
                _batch.Add(new CsvImportRow<T>(line, value, AddError));
            }
        }

        private void Refuse(CsvImportError error)
        {
            AddError(error);
            _outcomes[(int)CsvImportOutcome.Failed] += IsSettled ? 0 : 1;
        }

        private void AddError(CsvImportError error)
        {
            if (IsSettled)
            {
                return;
            }

            if (_errors.Count < limits.MaxErrors)
            {
                _errors.Add(error);
            }
            else
            {
                _truncated = true;
            }
        }
    }
}
