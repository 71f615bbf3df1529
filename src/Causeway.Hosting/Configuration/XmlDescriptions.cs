using System.Reflection;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Causeway.Hosting;

/// <summary>What the documentation comments say of options: from the XML files that stand beside their assemblies. Without a file, nothing.</summary>
internal sealed class XmlDescriptions
{
    private readonly Dictionary<Assembly, Dictionary<string, XElement>> _files = [];

    /// <summary>The summary and the value of a property as one text; null where there is no word of it.</summary>
    public string? Of(PropertyInfo property)
    {
        var owner = property.DeclaringType!;
        if (!MembersOf(owner.Assembly).TryGetValue($"P:{owner.FullName!.Replace('+', '.')}.{property.Name}", out var member))
        {
            return null;
        }

        string?[] parts = [.. member.Elements().Where(static part => part.Name.LocalName is "summary" or "value").Select(Text)];
        return string.Join(' ', parts.Where(static part => !string.IsNullOrEmpty(part))) is { Length: > 0 } text ? text : null;
    }

    private Dictionary<string, XElement> MembersOf(Assembly assembly)
    {
        if (!_files.TryGetValue(assembly, out var members))
        {
            _files.Add(assembly, members = Read(Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml")));
        }

        return members;
    }

    private static Dictionary<string, XElement> Read(string path)
    {
        try
        {
            return XDocument.Load(path).Descendants("member")
                .Where(static member => member.Attribute("name") is not null)
                .GroupBy(static member => member.Attribute("name")!.Value, StringComparer.Ordinal)
                .ToDictionary(static group => group.Key, static group => group.First(), StringComparer.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or XmlException)
        {
            return [];
        }
    }

    /// <summary>The text of a comment: references by their last name, code as it is, white space as one space.</summary>
    private static string Text(XElement comment)
    {
        var text = new StringBuilder();
        foreach (var node in comment.DescendantNodes())
        {
            switch (node)
            {
                case XText plain:
                    text.Append(plain.Value);
                    break;
                case XElement { IsEmpty: true } reference:
                    var name = (reference.Attribute("cref") ?? reference.Attribute("langword") ?? reference.Attribute("name"))?.Value;
                    text.Append(name is null ? " " : name[(name.LastIndexOf('.') + 1)..]);
                    break;
            }
        }

        return string.Join(' ', text.ToString().Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
    }
}
