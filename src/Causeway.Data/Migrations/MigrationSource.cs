using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Causeway.Data;

/// <summary>The migrations of one library, embedded in its assembly as <c>Migrations/0001_name.sql</c>.</summary>
internal sealed partial class MigrationSource
{
    public MigrationSource(string library, Assembly assembly)
        : this(library, Read(assembly)) => Assembly = assembly;

    /// <summary>From texts by file name.</summary>
    /// <exception cref="InvalidOperationException">They can't be used; the message names the file.</exception>
    public MigrationSource(string library, IEnumerable<(string File, string Text)> files)
    {
        Library = library;
        Migrations = [.. files.Select(file => Parse(library, file.File, file.Text)).OrderBy(static migration => migration.Number)];
        for (var index = 0; index < Migrations.Count; index++)
        {
            if (Migrations[index].Number != index + 1)
            {
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture, $"The migrations of {library} must be numbered from 1 without holes, but where {index + 1:0000} should be is {Migrations[index]}."));
            }
        }
    }

    public string Library { get; }

    /// <summary>Where they are embedded; null for texts.</summary>
    public Assembly? Assembly { get; }

    /// <summary>In order.</summary>
    public IReadOnlyList<Migration> Migrations { get; }

    private static IEnumerable<(string File, string Text)> Read(Assembly assembly)
    {
        const string Folder = ".Migrations.";
        foreach (var resource in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            var begin = resource.LastIndexOf(Folder, StringComparison.Ordinal);
            if (begin < 0 || !resource.EndsWith(".sql", StringComparison.Ordinal))
            {
                continue;
            }

            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            yield return (resource[(begin + Folder.Length)..], reader.ReadToEnd());
        }
    }

    private static Migration Parse(string library, string file, string text)
    {
        var name = FileName().Match(file);
        if (!name.Success)
        {
            throw new InvalidOperationException($"The migration {library} {file} must be named like 0001_what_it_does.sql.");
        }

        try
        {
            var normal = string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(static line => line.TrimEnd())).Trim();
            return new Migration(
                library,
                int.Parse(name.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
                name.Groups[2].Value,
                Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(normal))),
                MigrationScript.Parse(text));
        }
        catch (FormatException exception)
        {
            throw new InvalidOperationException($"The migration {library} {file} {exception.Message}.", exception);
        }
    }

    [GeneratedRegex("^([0-9]{4})_([a-z0-9_]+)\\.sql$")]
    private static partial Regex FileName();
}
