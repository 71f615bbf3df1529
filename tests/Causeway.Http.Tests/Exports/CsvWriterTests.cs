using System.IO.Pipelines;
using System.Text;
using CsvHelper;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Http.Tests;

/// <summary>C3: CSV as RFC 4180 has it, read back by another reader and by our own import as what was written.</summary>
public sealed class CsvWriterTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "\"\"")]
    [InlineData(null, "x,")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("\"", "\"\"\"\"")]
    [InlineData("a\r\nb", "\"a\r\nb\"")]
    [InlineData(" a", "\" a\"")]
    [InlineData("a ", "\"a \"")]
    [InlineData("größe 😀", "größe 😀")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+49 30", "'+49 30")]
    [InlineData("-x", "'-x")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "\"'\t=1\"")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("＝1", "'＝1")]
    [InlineData("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"")]
    [InlineData("'=1", "''=1")]         // guarded already, so that taking one away gives it again
    [InlineData("'tis", "'tis")]
    [InlineData("a=b", "a=b")]
    public void Write_Text_IsQuotedAndGuarded(string? text, string field)
    {
        var line = Write(CsvOptions.Default, csv =>
        {
            if (text is null)
            {
                csv.Write("x");
            }

            csv.Write(text);
            csv.EndRow();
        });

        Assert.Equal(field + "\r\n", line);
    }

    [Fact]
    public void Write_Values_AreTypedAndNeverGuarded() => Assert.Equal(
        "-5,-0.1,-1.50,true,2026-01-31T08:15:00.000Z,,,,,\r\n",
        Write(CsvOptions.Default, static csv =>
        {
            csv.Write(-5L);
            csv.Write(-0.1);
            csv.Write(-1.50m);
            csv.Write(true);
            csv.Write(new DateTimeOffset(2026, 1, 31, 9, 15, 0, TimeSpan.FromHours(1)));
            csv.Write((long?)null);
            csv.Write((double?)null);
            csv.Write((bool?)null);
            csv.Write((DateTimeOffset?)null);
            csv.Write((string?)null);
            csv.EndRow();
        }));

    [Fact]
    public void Write_OneColumnWithoutAValue_IsStillARow() => Assert.Equal("\"\"\r\n", Write(CsvOptions.Default, static csv =>
    {
        csv.Write((string?)null);
        csv.EndRow();
    }));

    [Fact]
    public void Write_WithByteOrderMarkAndWithoutGuard_DoesAsItIsTold() => Assert.Equal("\uFEFF=1\r\n", Write(new CsvOptions { ByteOrderMark = true, GuardsFormulas = false }, static csv =>
    {
        csv.Write("=1");
        csv.EndRow();
    }));

    [Fact]
    public void Write_AnyTable_IsReadBackByAnotherReader() => Prop.ForAll<NonEmptyArray<string>[], bool>(static (rows, bom) =>
    {
        var table = Rectangle(rows);
        var options = new CsvOptions { ByteOrderMark = bom, GuardsFormulas = false };
        var text = Write(options, csv => WriteRows(csv, table));

        using var reader = CsvReader.Create(
            new MemoryStream(Encoding.UTF8.GetBytes(text)), new CsvReaderOptions { Separator = ',', HasHeader = false, MalformedData = CsvMalformedDataHandling.Throw });
        var back = new List<string[]>();
        while (reader.Read())
        {
            back.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        }

        Assert.Equal(table, back);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Write_AnyGuardedTable_IsReadBackByTheImport() => Prop.ForAll<NonEmptyArray<string>[]>(static rows =>
    {
        var table = Rectangle(rows.Select(static row => NonEmptyArray<string>.NewNonEmptyArray([.. row.Get.Select(static (text, i) => i % 2 == 0 ? "=" + text : text)])).ToArray());
        var width = table.Count == 0 ? 1 : table[0].Length;
        var names = Enumerable.Range(0, width).Select(static i => $"c{i}").ToArray();
        var text = Write(CsvOptions.Default, csv =>
        {
            WriteRows(csv, [names]);
            WriteRows(csv, table);
        });
        Assert.DoesNotContain("\r\n=", text, StringComparison.Ordinal);

        var back = new List<string[]>();
        var import = new CsvImport<string[]>([.. names.Select(static name => new CsvImportColumn(name))], row => [.. names.Select(name => row.Text(name) ?? "")]);
        var report = import.RunAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(text)),
            new CsvImportRequest { Delimiter = ',' },
            new CsvImportLimits(),
            (batch, _) =>
            {
                back.AddRange(batch.Rows.Select(static row => row.Value));
                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken).GetAwaiter().GetResult();

        Assert.Empty(report.Errors);
        Assert.Equal(table, back);
    }).QuickCheckThrowOnFailure();

    /// <summary>Rows of one width. A lone surrogate is no text; a row of one empty field is written so that it is one.</summary>
    private static List<string[]> Rectangle(NonEmptyArray<string>[] rows)
    {
        var width = rows.Length == 0 ? 1 : rows.Max(static row => row.Get.Length);
        return [.. rows.Select(row => Enumerable.Range(0, width).Select(i => i < row.Get.Length ? Clean(row.Get[i]) : "").ToArray())];
    }

    private static string Clean(string? text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text ?? "")).Replace("\0", "", StringComparison.Ordinal);

    private static void WriteRows(CsvWriter csv, IEnumerable<string[]> rows)
    {
        foreach (var row in rows)
        {
            foreach (var field in row)
            {
                csv.Write(field);
            }

            csv.EndRow();
        }
    }

    private static string Write(CsvOptions options, Action<CsvWriter> write)
    {
        using var stream = new MemoryStream();
        var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
        write(new CsvWriter(pipe, options));
        pipe.Complete();
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
