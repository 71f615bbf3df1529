using System.Net;
using System.Text;
using System.Text.Json;

namespace Causeway.Http.Tests;

/// <summary>F2, C3: a CSV file is taken row by row; what is wrong is told by line and column, and keeps nothing else out.</summary>
public sealed class CsvImportTests : IAsyncLifetime
{
    private static readonly CsvImport<Person> People = new(
        [new("email") { IsRequired = true, Aliases = ["e_mail", "mail"] }, new("full_name"), new("age"), new("active"), new("born_at"), new("roles")],
        static row =>
        {
            var email = row.Required("email");
            row.Check(email.Length == 0 || email.Contains('@', StringComparison.Ordinal), "email", "Must be an e-mail address.");
            return new Person(email, row.Text("full_name"), row.Number("age"), row.Boolean("active") ?? true, row.Time("born_at"), row.List("roles"));
        })
    {
        Key = ("email", static person => person.Email),
        BatchRows = 3,
    };

    private readonly List<CsvImportBatch<Person>> _batches = [];
    private readonly List<Person> _people = [];
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        app =>
        {
            app.UseRequestIds();
            app.UseApiErrors();
            app.MapPost("/import", async (HttpContext context, CsvImportRequest request) =>
                TypedResults.Ok(await People.RunAsync(context, request, new CsvImportLimits { MaxBytes = 100_000, MaxRows = 1_000, MaxErrors = 5, MaxRowBytes = 1_000 }, Handle)));
        },
        static builder => builder.Services.AddApiErrors().AddApiJson());

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Run_GoodFile_ImportsAllInBatches()
    {
        var report = await ImportAsync(
            "email,full_name,age,active,born_at,roles\r\na@x,\"Ada, the \"\"first\"\"\",36,yes,1815-12-10T00:00:00Z,admin; user\r\nb@x,,,,,\r\nc@x,C,1,0,,\r\nd@x,\"two\r\nlines\",1,TRUE,,\r\n");

        Assert.Equal("""{"dry_run":false,"rows":4,"created":4,"updated":0,"skipped":0,"failed":0,"errors":[],"errors_truncated":false,"stopped":null}""", report.GetRawText());
        Assert.Equal([3, 1], _batches.Select(static batch => batch.Rows.Count));
        Assert.Equal([2, 3, 4, 5], _batches.SelectMany(static batch => batch.Rows).Select(static row => row.Line));
        Assert.Equal(("Ada, the \"first\"", 36, "two\r\nlines"), (_people[0].Name, _people[0].Age!.Value, _people[3].Name));
        Assert.Equal(["admin", "user"], _people[0].Roles);
        Assert.False(_people[2].Active);
    }

    /// <summary>Wherever an import is broken off, the next one handles no row again, misses none, and reports as if nothing had happened.</summary>
    [Fact]
    public async Task Run_BrokenOffBehindAnyBatch_GoesOnAndReportsAll()
    {
        var file = Encoding.UTF8.GetBytes("email,age\n" + string.Concat(Enumerable.Range(1, 40).Select(static i => (i % 7) switch
        {
            0 => "nobody,1\n",
            3 => $"person{i - 2}@x,again\n",
            5 => $"person{i - 4}@x,2\n",
            _ => $"person{i}@x,{i}\n",
        })) + "last,row,too long\n");
        var limits = new CsvImportLimits { MaxErrors = 5 };
        List<int> whole = [];
        var expected = await People.RunAsync(new MemoryStream(file), new CsvImportRequest(), limits, Collect(whole, int.MaxValue, static _ => { }), TestContext.Current.CancellationToken);
        Assert.True(expected is { Failed: > 5, ErrorsTruncated: true, Created: > 9 });

        for (var batches = 0; batches * 3 < whole.Count; batches++)
        {
            List<int> lines = [];
            CsvImportReport? kept = null;
            await Assert.ThrowsAsync<InvalidOperationException>(() =>
                People.RunAsync(new MemoryStream(file), new CsvImportRequest(), limits, Collect(lines, batches, progress => kept = progress), TestContext.Current.CancellationToken));

            var report = await People.RunAsync(
                new MemoryStream(file), new CsvImportRequest(), limits, Collect(lines, int.MaxValue, static _ => { }), Copy(kept), TestContext.Current.CancellationToken);

            Assert.Equal(whole, lines);
            Assert.Equal(JsonSerializer.Serialize(expected), JsonSerializer.Serialize(report));
        }

        static Func<CsvImportBatch<Person>, CancellationToken, Task> Collect(List<int> lines, int most, Action<CsvImportReport> keep) => (batch, _) =>
        {
            if (most-- == 0)
            {
                throw new InvalidOperationException("the power is gone");
            }

            foreach (var row in batch.Rows)
            {
                lines.Add(row.Line);
                if (row.Line % 4 == 0)
                {
                    row.Fail(null, "Is taken.");
                }
            }

            keep(batch.Progress());
            return Task.CompletedTask;
        };

        // As it comes out of a database.
        static CsvImportReport? Copy(CsvImportReport? progress) => JsonSerializer.Deserialize<CsvImportReport?>(JsonSerializer.Serialize(progress));
    }

    [Fact]
    public async Task Run_BadRows_AreToldByLineAndColumnAndKeepNothingOut()
    {
        var report = await ImportAsync("email,age,full_name\na@x,1,\"line\nbreak\"\nnobody,x,\nb@x,2,,\n\nc@x\n,3,\nd@x,4,D\n");

        Assert.Equal((6, 2, 4), (report.GetProperty("rows").GetInt32(), report.GetProperty("created").GetInt32(), report.GetProperty("failed").GetInt32()));
        Assert.Equal(
            ["4:email", "4:age", "5:", "7:", "8:email"],
            report.GetProperty("errors").EnumerateArray().Select(static e => $"{e.GetProperty("line")}:{e.GetProperty("column").GetString()}"));
        Assert.Equal("Has 4 fields; the header has 3.", report.GetProperty("errors")[2].GetProperty("message").GetString());
        Assert.Equal(["a@x", "d@x"], _people.Select(static person => person.Email));
    }

    [Fact]
    public async Task Run_SameKeyTwice_IsRefusedWithTheFirstsLine()
    {
        var report = await ImportAsync("email\na@x\nb@x\na@x\n");

        var error = Assert.Single(report.GetProperty("errors").EnumerateArray());
        Assert.Equal("""{"line":4,"column":"email","message":"Stands on line 2 already."}""", error.GetRawText());
    }

    [Fact]
    public async Task Run_HandlerRefusesAndUpdates_IsCounted()
    {
        var report = await ImportAsync("email\nnew@x\ntaken@x\nold@x\nsame@x\n");

        Assert.Equal(
            """{"dry_run":false,"rows":4,"created":1,"updated":1,"skipped":1,"failed":1,"errors":[{"line":3,"column":"email","message":"Is taken."}],"errors_truncated":false,"stopped":null}""",
            report.GetRawText());
    }

    [Fact]
    public async Task Run_DryRun_SaysSoToTheHandlerAndInTheReport()
    {
        var report = await ImportAsync("email\na@x\nbad\n", "?dry_run=true");

        Assert.True(report.GetProperty("dry_run").GetBoolean());
        Assert.Equal(1, report.GetProperty("created").GetInt32());
        Assert.True(Assert.Single(_batches).DryRun);
        Assert.Empty(_people);
    }

    [Fact]
    public async Task Run_ManyErrors_TellsSomeAndCountsAll()
    {
        var report = await ImportAsync("email\n" + string.Concat(Enumerable.Repeat("bad\n", 50)));

        Assert.Equal((50, 5, true), (report.GetProperty("failed").GetInt32(), report.GetProperty("errors").GetArrayLength(), report.GetProperty("errors_truncated").GetBoolean()));
    }

    [Theory]
    [InlineData("Email,Full Name,AGE\na@x,A,1\n", "")]
    [InlineData("\uFEFFe-mail,full-name\na@x,A\n", "")]
    [InlineData("E-Post;Name\na@x;A\n", "?map=E-Post:email&map=Name:full_name")]
    [InlineData("email;full_name\na@x;A,B\n", "?delimiter=semicolon")]
    [InlineData("email\tfull_name\na@x\tA\n", "")]
    [InlineData("email,shoe size,full_name\na@x,43,A\n", "?ignore_unknown=true")]
    [InlineData("mail: address,full_name\na@x,A\n", "?map=mail:+address:email")]
    public async Task Run_HeadersOfOthers_AreUnderstood(string file, string query)
    {
        await ImportAsync(file, query);

        Assert.Equal("a@x", Assert.Single(_people).Email);
        Assert.StartsWith("A", _people[0].Name, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", "email")]
    [InlineData("full_name\nA\n", "", "email")]
    [InlineData("email,password\na@x,p\n", "", "password")]
    [InlineData("email,mail\na@x,b@x\n", "", "email")]
    [InlineData("email\na@x\n", "?map=Name:full_name", "map")]
    [InlineData("email,Name\na@x,A\n", "?map=Name:password_hash", "map")]
    [InlineData("email\n", "?map=x", "map")]
    [InlineData("email\n", "?delimiter=pipe", "delimiter")]
    [InlineData("email\n", "?dry_run=1", "dry_run")]
    [InlineData("email\n", "?dryrun=true", "dryrun")]
    public async Task Run_HeaderOrParameterThatDoesNotFit_IsRefusedBeforeAnyRow(string file, string query, string field)
    {
        var error = await HttpAssert.IsErrorAsync(await PostAsync(file, query), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");

        Assert.True(error.GetProperty("details").GetProperty("fields").TryGetProperty(field, out _), error.GetRawText());
        Assert.Empty(_batches);
    }

    [Fact]
    public async Task Run_WrongQuotes_AreTheRowsFaultAlone()
    {
        var report = await ImportAsync("email,full_name\na@x,\"A\" B\nb@x,A\"B\nc@x,C\n");

        Assert.Equal([2, 3], report.GetProperty("errors").EnumerateArray().Select(static e => e.GetProperty("line").GetInt32()));
        Assert.Equal("c@x", Assert.Single(_people).Email);
    }

    [Fact]
    public async Task Run_NotUtf8_IsTheRowsFaultAlone()
    {
        var response = await PostAsync([.. "email,full_name\na@x,"u8, 0xFC, .. "\nb@x,B\n"u8], "");
        var report = JsonElement.Parse(await response.TextAsync());

        Assert.Equal("Is not UTF-8.", Assert.Single(report.GetProperty("errors").EnumerateArray()).GetProperty("message").GetString());
        Assert.Equal("b@x", Assert.Single(_people).Email);
    }

    /// <summary>A request's body with one at its beginning is no text at all; here it is the file of a job, or comes later.</summary>
    [Fact]
    public async Task Run_ZeroByte_IsTheRowsFaultAlone()
    {
        List<string> taken = [];
        var report = await People.RunAsync(
            new MemoryStream("email,full_name\na@x,A\0\n\"b\0@x\",B\nc@x,C\n"u8.ToArray()),
            new CsvImportRequest(),
            new CsvImportLimits(),
            (batch, _) =>
            {
                taken.AddRange(batch.Rows.Select(static row => row.Value.Email));
                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken);

        Assert.Equal([(2, "Has a zero byte, which is no text."), (3, "Has a zero byte, which is no text.")], report.Errors.Select(static error => (error.Line, error.Message)));
        Assert.Equal(["c@x"], taken);
    }

    /// <summary>An answer is never many times as large as the request that it refuses.</summary>
    [Fact]
    public async Task Run_HeaderOfVeryManyColumns_IsToldOfTheFirst()
    {
        var response = await PostAsync(Encoding.UTF8.GetBytes(string.Join(',', Enumerable.Range(0, 300).Select(static i => $"c{i}")) + "\n1\n"), "");

        var fields = JsonElement.Parse(await response.TextAsync()).GetProperty("error").GetProperty("details").GetProperty("fields");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(100, fields.EnumerateObject().Count());
    }

    [Fact]
    public async Task Run_QuoteThatNeverCloses_IsToldAndEndsIt()
    {
        // Nothing was handed over yet, so it is a refusal.
        var error = await HttpAssert.IsErrorAsync(
            await PostAsync("email,full_name\na@x,\"" + new string('x', 90_000), ""), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");

        Assert.Contains("quote", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(_batches);
    }

    [Fact]
    public async Task Run_TooManyRows_ReportsUpToWhichLineItCame()
    {
        var report = await ImportAsync("email\n" + string.Concat(Enumerable.Range(0, 1_100).Select(static i => $"u{i}@x\n")));

        Assert.Equal(999, report.GetProperty("created").GetInt32());      // three at a time
        Assert.Equal(1_001, report.GetProperty("stopped").GetProperty("line").GetInt32());
        Assert.Contains("1000 rows", report.GetProperty("stopped").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_TooManyBytesInMidStream_ReportsUpToWhichLineItCame()
    {
        var file = "email,full_name\n" + string.Concat(Enumerable.Range(0, 900).Select(static i => $"u{i}@x,{new string('x', 150)}\n"));
        var request = new HttpRequestMessage(HttpMethod.Post, "/import") { Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(file))) };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.Add("Content-Type", "text/csv");
        var report = JsonElement.Parse(await (await _server.SendAsync(request)).TextAsync());

        Assert.InRange(report.GetProperty("created").GetInt32(), 1, 899);
        Assert.Equal(report.GetProperty("created").GetInt32() + 2, report.GetProperty("stopped").GetProperty("line").GetInt32());
    }

    [Fact]
    public async Task Run_AsAForm_TakesTheFile()
    {
        using var form = new MultipartFormDataContent();
        var file = new ByteArrayContent("email\na@x\n"u8.ToArray());
        file.Headers.Add("Content-Type", "application/vnd.ms-excel");   // as browsers on Windows say
        form.Add(file, "file", "people.csv");
        var response = await _server.Client.PostAsync("/import", form, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(_people);
    }

    [Fact]
    public async Task Run_DigestThatIsNotTrue_ImportsNothingOfASmallFile()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/import") { Content = new StringContent("email\na@x\n", Encoding.UTF8, "text/csv") }
            .With("Content-Digest", $"sha-256=:{Convert.ToBase64String(new byte[32])}:");

        await HttpAssert.IsErrorAsync(await _server.SendAsync(request), HttpStatusCode.UnprocessableEntity, "VALIDATION_ERROR");
        Assert.Empty(_batches);
    }

    [Fact]
    public async Task Run_JsonOrBinary_IsAnotherType()
    {
        var json = HttpAssert.PostText("/import", "{}");
        await HttpAssert.IsErrorAsync(await _server.SendAsync(json), HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE");
        await HttpAssert.IsErrorAsync(await PostAsync([0x50, 0x4B, 3, 4, 0, 0, 0], ""), HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE");
    }

    private Task Handle(CsvImportBatch<Person> batch, CancellationToken cancellationToken)
    {
        _batches.Add(batch with { Rows = [.. batch.Rows] });
        foreach (var row in batch.Rows)
        {
            switch (row.Value.Email)
            {
                case "taken@x":
                    row.Fail("email", "Is taken.");
                    continue;
                case "old@x":
                    row.Outcome = CsvImportOutcome.Updated;
                    break;
                case "same@x":
                    row.Outcome = CsvImportOutcome.Skipped;
                    break;
            }

            if (!batch.DryRun)
            {
                _people.Add(row.Value);
            }
        }

        return Task.CompletedTask;
    }

    private async Task<JsonElement> ImportAsync(string file, string query = "")
    {
        var response = await PostAsync(file, query);
        var text = await response.TextAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonElement.Parse(text);
    }

    private Task<HttpResponseMessage> PostAsync(string file, string query) => PostAsync(Encoding.UTF8.GetBytes(file), query);

    private Task<HttpResponseMessage> PostAsync(byte[] file, string query)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/import" + query) { Content = new ByteArrayContent(file) };
        request.Content.Headers.Add("Content-Type", "text/csv");
        return _server.SendAsync(request);
    }

    private sealed record Person(string Email, string? Name, long? Age, bool Active, DateTimeOffset? Born, IReadOnlyList<string> Roles);
}
