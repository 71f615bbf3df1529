using System.Text;
using System.Text.RegularExpressions;

namespace Causeway.Identity.Tests;

/// <summary>A mail as a file has it, read as a mail program would.</summary>
internal sealed partial record WrittenMail(string Path, string To, string From, string Subject, string Text)
{
    /// <summary>The secret of its link; null where it has none.</summary>
    public string? Secret => Link().Match(Text) is { Success: true } match ? match.Groups[1].Value : null;

    public static WrittenMail Read(string path)
    {
        var text = File.ReadAllText(path, Encoding.ASCII);
        var split = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var headers = text[..split].Replace("\r\n ", " ", StringComparison.Ordinal).Split("\r\n")
            .Select(static line => line.Split(": ", 2)).ToDictionary(static pair => pair[0], static pair => pair[1], StringComparer.OrdinalIgnoreCase);
        var body = text[(split + 4)..];
        var decoded = headers["Content-Transfer-Encoding"] switch
        {
            "base64" => Encoding.UTF8.GetString(Convert.FromBase64String(body)),
            "quoted-printable" => QuotedPrintable(body),
            _ => body,
        };
        return new WrittenMail(path, headers["To"], headers["From"], headers["Subject"], decoded);
    }

    private static string QuotedPrintable(string body) =>
        Hex().Replace(body.Replace("=\r\n", "", StringComparison.Ordinal), static match => ((char)Convert.ToByte(match.Groups[1].Value, 16)).ToString());

    [GeneratedRegex("token=([A-Za-z0-9_-]{43})")]
    private static partial Regex Link();

    [GeneratedRegex("=([0-9A-F]{2})")]
    private static partial Regex Hex();
}
