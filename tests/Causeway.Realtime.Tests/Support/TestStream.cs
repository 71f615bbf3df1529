using System.Globalization;
using System.Text;

namespace Causeway.Realtime.Tests;

/// <summary>One event stream of a <see cref="LoneCore"/>, as its reader sees it.</summary>
internal sealed class TestStream(TestOutlet outlet)
{
    public TestOutlet Outlet => outlet;

    /// <summary>The events that arrived whole: type, cursor where it has one, data.</summary>
    public IReadOnlyList<(string Type, string? Id, LiveMessage Message)> Events
    {
        get
        {
            var text = Dechunk(Encoding.UTF8.GetString(outlet.Taken));
            var whole = text[..(text.LastIndexOf("\n\n", StringComparison.Ordinal) is var end and >= 0 ? end : 0)];
            return
            [
                .. from block in whole.Split("\n\n")
                   let lines = block.Split('\n')
                   let data = Field(lines, "data: ")
                   where data is not null
                   select (Field(lines, "event: ")!, Field(lines, "id: "), new LiveMessage(JsonElement.Parse(data))),
            ];
        }
    }

    private static string? Field(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..];

    // Only what came whole: a line may be cut anywhere.
    private static string Dechunk(string text)
    {
        var body = new StringBuilder();
        while (text.IndexOf("\r\n", StringComparison.Ordinal) is var line and > 0)
        {
            var size = int.Parse(text.AsSpan(0, line), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (text.Length < line + 2 + size + 2)
            {
                break;
            }

            Assert.Equal("\r\n", text.Substring(line + 2 + size, 2));
            body.Append(text.AsSpan(line + 2, size));
            text = text[(line + 2 + size + 2)..];
        }

        return body.ToString();
    }
}
