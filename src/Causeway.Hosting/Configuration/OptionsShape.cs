using System.Collections.Concurrent;
using System.Reflection;

namespace Causeway.Hosting;

/// <summary>What an options class looks like as configuration: which keys it has, and of what kind.</summary>
internal abstract record OptionsShape(Type Type)
{
    private static readonly ConcurrentDictionary<Type, OptionsShape> Known = new();

    /// <summary>One value.</summary>
    public sealed record Scalar(Type Type) : OptionsShape(Type);

    /// <summary>Values by position; one text may hold several, with commas or semicolons between.</summary>
    public sealed record List(Type Type, OptionsShape Element) : OptionsShape(Type);

    /// <summary>Values by a name the user chooses.</summary>
    public sealed record Map(Type Type, OptionsShape Element) : OptionsShape(Type);

    /// <summary>Values by the names of a class's properties.</summary>
    public sealed record Object(Type Type, IReadOnlyDictionary<string, Property> Properties) : OptionsShape(Type);

    /// <summary>One key of an object.</summary>
    /// <param name="Name">As the options class spells it.</param>
    /// <param name="Shape">What stands there.</param>
    /// <param name="Info">Null for a section, which belongs to no class.</param>
    /// <param name="IsSecret">Whether it is never shown.</param>
    public sealed record Property(string Name, OptionsShape Shape, PropertyInfo? Info = null, bool IsSecret = false);

    public static OptionsShape Of(Type type) => Known.TryGetValue(type, out var shape) ? shape : Known.GetOrAdd(type, Build(type));

    private static OptionsShape Build(Type type)
    {
        if (ValueText.CanConvert(type))
        {
            return new Scalar(type);
        }

        if (GenericArgument(type, typeof(IDictionary<,>), typeof(IReadOnlyDictionary<,>)) is [var key, var value])
        {
            return key == typeof(string)
                ? new Map(value, Of(value))
                : throw new NotSupportedException($"Options can't hold {type}: the keys of a map must be strings.");
        }

        if (GenericArgument(type, typeof(IEnumerable<>)) is [var element])
        {
            return new List(element, Of(element));
        }

        if (!type.IsClass || type.IsAbstract || type.GetConstructor(Type.EmptyTypes) is null)
        {
            throw new NotSupportedException($"Options can't hold {type}: it is no known value, list or map, and no class with a constructor without parameters.");
        }

        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static property => property.GetIndexParameters().Length == 0 && property.CanRead && IsBindable(property))
            .ToDictionary(
                static property => property.Name,
                static property => new Property(property.Name, Of(property.PropertyType), property, property.IsDefined(typeof(SecretAttribute))),
                StringComparer.OrdinalIgnoreCase);
        return new Object(type, properties);
    }

    /// <summary>A property without a public setter counts only where its content can be filled: a list, a map or an object. Others are computed.</summary>
    private static bool IsBindable(PropertyInfo property) =>
        property.SetMethod is { IsPublic: true } || !ValueText.CanConvert(property.PropertyType);

    private static Type[]? GenericArgument(Type type, params ReadOnlySpan<Type> wanted)
    {
        foreach (var candidate in type.GetInterfaces().Prepend(type))
        {
            if (candidate.IsGenericType && wanted.Contains(candidate.GetGenericTypeDefinition()))
            {
                return candidate.GetGenericArguments();
            }
        }

        return null;
    }
}
