using System.Collections;

namespace Causeway.Hosting;

/// <summary>Fills an options object from configuration; every value that does not fit is reported and left at its default.</summary>
internal sealed class OptionsBinder(ConfigurationTree tree, ICollection<ConfigurationProblem> problems)
{
    private static readonly char[] Separators = [',', ';'];

    public void Fill(object target, OptionsShape.Object shape, string key)
    {
        foreach (var (name, property) in shape.Properties)
        {
            var child = ConfigurationTree.Join(key, name);
            if (tree.OriginOf(child) is null || tree.Find(child) is { Kind: EntryKind.Null })
            {
                continue;
            }

            var current = property.Info!.GetValue(target);
            if (Read(property.Shape, child, current, property.IsSecret) is { } value && !ReferenceEquals(value, current))
            {
                Assign(property, target, current, value);
            }
        }
    }

    /// <summary>The value at a key; null when it can't be read (then it is reported) or is not there.</summary>
    private object? Read(OptionsShape shape, string key, object? current, bool isSecret)
    {
        switch (shape)
        {
            case OptionsShape.Scalar:
                return tree.Find(key) is { Kind: EntryKind.Scalar } entry ? Parse(shape.Type, entry.Value!, entry, isSecret) : null;
            case OptionsShape.List list:
                return ReadList(list, key, isSecret);
            case OptionsShape.Map map:
                return ReadMap(map, key, current as IDictionary, isSecret);
            default:
                var target = current ?? Activator.CreateInstance(shape.Type)!;
                Fill(target, (OptionsShape.Object)shape, key);
                return target;
        }
    }

    private IList ReadList(OptionsShape.List shape, string key, bool isSecret)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(shape.Type))!;
        if (tree.Find(key) is { Kind: EntryKind.Scalar } text && shape.Element is OptionsShape.Scalar)
        {
            foreach (var part in text.Value!.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                AddIfRead(Parse(shape.Type, part, text, isSecret));
            }

            return list;
        }

        foreach (var name in tree.ChildNames(key))
        {
            AddIfRead(Read(shape.Element, ConfigurationTree.Join(key, name), null, isSecret));
        }

        return list;

        void AddIfRead(object? element)
        {
            if (element is not null)
            {
                list.Add(element);
            }
        }
    }

    private IDictionary ReadMap(OptionsShape.Map shape, string key, IDictionary? current, bool isSecret)
    {
        var map = current ?? (IDictionary)Activator.CreateInstance(
            typeof(Dictionary<,>).MakeGenericType(typeof(string), shape.Type), StringComparer.OrdinalIgnoreCase)!;
        foreach (var name in tree.ChildNames(key))
        {
            var child = ConfigurationTree.Join(key, name);
            if (Read(shape.Element, child, map.Contains(name) ? map[name] : null, isSecret) is { } value)
            {
                map[name] = value;
            }
        }

        return map;
    }

    private object? Parse(Type type, string text, ConfigurationEntry entry, bool isSecret)
    {
        if (ValueText.TryParse(type, text, out var value) is { } reason)
        {
            problems.Add(new(entry.Key, isSecret ? reason : $"{reason}, not '{text}'", entry.Origin));
        }

        return value;
    }

    private static void Assign(OptionsShape.Property property, object target, object? current, object value)
    {
        if (value is IList list && property.Shape is OptionsShape.List shape)
        {
            if (property.Info!.SetMethod is not { IsPublic: true })
            {
                var existing = (IList)current!;
                existing.Clear();
                foreach (var element in list)
                {
                    existing.Add(element);
                }

                return;
            }

            if (property.Info!.PropertyType.IsArray)
            {
                var array = Array.CreateInstance(shape.Type, list.Count);
                list.CopyTo(array, 0);
                value = array;
            }
        }

        property.Info!.SetValue(target, value);
    }
}
