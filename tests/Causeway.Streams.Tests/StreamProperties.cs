using System.Globalization;
using Causeway.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Streams.Tests;

/// <summary>C2: whatever happens to the file and whenever a reader comes, drops out and resumes, it sees each line once and in order, or is told that it can't.</summary>
public sealed class StreamProperties
{
    private const int Runs = 20;

    /// <summary>What happens to the file or the reader.</summary>
    private enum Act
    {
        Append,
        AppendMany,
        AppendPart,
        Rotate,
        Replace,
        Truncate,
        Drop,
        Open,
        Read,
    }

    [Fact]
    public void AnySequence_Reader_SeesEachLineOnceInOrderOrIsTold()
    {
        var acts = Gen.Elements(Act.Append, Act.AppendMany, Act.AppendPart, Act.Rotate, Act.Replace, Act.Truncate, Act.Drop, Act.Open, Act.Open, Act.Read, Act.Read)
            .ArrayOf().Resize(14).ToArbitrary();
        Prop.ForAll(acts, static run => Task.Run(() => RunAsync(run)).WaitAsync(Limits.Phase).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Runs));
    }

    private static async Task RunAsync(Act[] acts)
    {
        await using var stream = await Streaming.StartAsync(content: "");
        using var witness = await stream.OpenAsync();
        var file = new ModelFile(stream, witness);
        var reader = new ModelReader(stream, file);
        foreach (var act in acts)
        {
            await (act switch
            {
                Act.Append => file.AppendAsync(1),
                Act.AppendMany => file.AppendAsync(40),
                Act.AppendPart => file.AppendPartAsync(),
                Act.Rotate => file.RotateAsync(),
                Act.Replace => file.ReplaceAsync(),
                Act.Truncate => file.TruncateAsync(),
                Act.Drop => reader.DropAsync(),
                Act.Open => reader.OpenAsync(),
                _ => reader.ReadSomeAsync(),
            });
        }

        await file.AppendAsync(1);
        await reader.OpenAsync();
        await reader.ReadToAsync(file.Last);
        await reader.DropAsync();
    }

    /// <summary>The file. No two lines have the same number; a line is lost only once the witness has seen it, so that every one could be seen.</summary>
    private sealed class ModelFile(Streaming stream, SseReader witness)
    {
        private int _next = 1;
        private int _rotations;
        private int? _part;
        private int _witnessed;
        private bool _isEmpty = true;

        /// <summary>The numbers of all whole lines, in order.</summary>
        public List<int> Lines { get; } = [];

        /// <summary>Those that stood first in the file.</summary>
        public HashSet<int> Firsts { get; } = [];

        public int Last => Lines[^1];

        /// <summary>Those that are in the file now: whoever reads will see them.</summary>
        public int[] CurrentLines => [.. Lines.Skip(_isEmpty ? Lines.Count : Lines.FindLastIndex(Firsts.Contains))];

        public Task AppendAsync(int lines)
        {
            for (var i = 0; i < lines; i++)
            {
                var number = _part ?? _next++;
                stream.Append(_part is null ? Streaming.Lines(number, 1) : "}\n");
                _part = null;
                Lines.Add(number);
                if (_isEmpty)
                {
                    Firsts.Add(number);
                    _isEmpty = false;
                }
            }

            return Task.CompletedTask;
        }

        public Task AppendPartAsync()
        {
            if (_part is null)
            {
                _part = _next++;
                stream.Append(string.Create(CultureInfo.InvariantCulture, $"{{\"n\":{_part}"));
            }

            return Task.CompletedTask;
        }

        public async Task RotateAsync()
        {
            await BeginAnewAsync();
            File.Move(stream.Path, stream.FileNamed(string.Create(CultureInfo.InvariantCulture, $"build.jsonl.{++_rotations}")));
            File.WriteAllText(stream.Path, "");
        }

        public async Task ReplaceAsync()
        {
            await BeginAnewAsync();
            File.WriteAllText(stream.FileNamed("new"), "");
            File.Move(stream.FileNamed("new"), stream.Path, overwrite: true);
        }

        public async Task TruncateAsync()
        {
            await BeginAnewAsync();
            File.WriteAllText(stream.Path, "");
        }

        private async Task BeginAnewAsync()
        {
            while (Lines.Count > 0 && _witnessed < Last)
            {
                var next = await witness.ReadAsync().Within() ?? throw new EndOfStreamException("The witness was sent away.");
                _witnessed = next.Event == "message" ? next.Json.GetProperty("n").GetInt32() : _witnessed;
            }

            (_part, _isEmpty) = (null, true);
        }
    }

    /// <summary>The reader, and what it may see next.</summary>
    private sealed class ModelReader(Streaming stream, ModelFile file)
    {
        private readonly List<string> _seen = [];
        private SseReader? _reader;
        private string? _id;
        private int _last;
        private bool _mayJump = true;
        private bool _mayGoBack = true;

        public Task DropAsync()
        {
            _id = _reader?.LastId ?? _id;
            _reader?.Dispose();
            _reader = null;
            _seen.Add("drop");
            return Task.CompletedTask;
        }

        public async Task OpenAsync()
        {
            if (_reader is null)
            {
                _reader = await stream.OpenAsync(_id);
                (_mayJump, _mayGoBack) = (_mayJump || _id is null, _mayGoBack || _id is null);
            }
        }

        public async Task ReadSomeAsync()
        {
            if (_reader is not null && file.CurrentLines is { Length: > 0 } current)
            {
                await ReadToAsync(current[current.Length / 2]);
            }
        }

        public async Task ReadToAsync(int number)
        {
            while (_last < number)
            {
                var reading = _reader!.ReadAsync();
                await Task.WhenAny(reading, Task.Delay(Limits.Test));
                Assert.True(reading.IsCompleted, $"{number} does not come: {string.Join(' ', _seen)}");
                Take(await reading ?? throw new EndOfStreamException($"The stream ended: {string.Join(' ', _seen)}"));
            }
        }

        private void Take(SseEvent next)
        {
            _seen.Add(next.Event + " " + next.Data);
            switch (next.Event)
            {
                case "reset":
                    (_mayJump, _mayGoBack) = (true, true);
                    return;
                case "truncated" or "rotated":
                    _mayJump |= next.Json.GetProperty("missed_bytes").GetInt64() > 0;
                    return;
                case "message":
                    break;
                default:
                    return;
            }

            var number = next.Json.GetProperty("n").GetInt32();
            var isNext = number == file.Lines.ElementAtOrDefault(file.Lines.IndexOf(_last) + 1);
            var isTold = _mayJump && file.Firsts.Contains(number) && (_mayGoBack || number > _last);
            Assert.True(isNext && _last > 0 || isTold, $"{number} after {_last}: {string.Join(' ', _seen)}");
            (_last, _mayJump, _mayGoBack) = (number, false, false);
        }
    }
}
