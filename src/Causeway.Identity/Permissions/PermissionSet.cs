using System.Collections;
using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Causeway.Identity;

/// <summary>
/// What somebody may do: names such as <c>users:read</c> or <c>publish:news</c>. One that ends in <c>*</c> stands for every name that begins as it does,
/// and <c>*</c> alone for all.
/// </summary>
public sealed class PermissionSet : IReadOnlyCollection<string>
{
    /// <summary>The most characters a permission may have: a room's name and what is to be done to it.</summary>
    public const int MaxLength = 160;

    /// <summary>What stands for every permission.</summary>
    public const string All = "*";

    private readonly string[] _items;

    /// <summary>Makes a set of well-formed permissions; what another one of them covers is left out.</summary>
    /// <exception cref="ArgumentException">One of them is not well-formed.</exception>
    public PermissionSet(IEnumerable<string> permissions)
    {
        ArgumentNullException.ThrowIfNull(permissions);
        var kept = new List<string>();
        foreach (var permission in permissions)
        {
            if (!IsWellFormed(permission))
            {
                throw new ArgumentException($"'{permission}' is no permission.", nameof(permissions));
            }

            if (!kept.Exists(other => Covers(other, permission)))
            {
                kept.RemoveAll(other => Covers(permission, other));
                kept.Add(permission);
            }
        }

        kept.Sort(StringComparer.Ordinal);
        _items = [.. kept];
    }

    /// <summary>Nothing at all.</summary>
    public static PermissionSet None { get; } = new([]);

    /// <summary>Everything.</summary>
    public static PermissionSet Everything { get; } = new([All]);

    /// <inheritdoc/>
    public int Count => _items.Length;

    /// <summary>The same as a set of texts.</summary>
    public IReadOnlySet<string> AsSet => field ??= _items.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether it is everything.</summary>
    public bool IsEverything => _items is [All];

    /// <summary>Whether a text may be a permission: 1–160 of <c>A-Z a-z 0-9 _ . : -</c>, with <c>*</c> at the end only.</summary>
    public static bool IsWellFormed([NotNullWhen(true)] string? permission)
    {
        if (permission is not { Length: > 0 and <= MaxLength })
        {
            return false;
        }

        var name = permission is [.. var start, '*'] ? start : permission;
        return name.All(static character => char.IsAsciiLetterOrDigit(character) || character is '_' or '.' or ':' or '-');
    }

    /// <summary>Whether one permission, which may end in <c>*</c>, allows all that another one does.</summary>
    public static bool Covers(string held, string wanted)
    {
        ArgumentNullException.ThrowIfNull(held);
        ArgumentNullException.ThrowIfNull(wanted);
        return held is [.. var start, '*'] ? wanted.StartsWith(start, StringComparison.Ordinal) : held == wanted;
    }

    /// <summary>Whether it allows something; for a permission that ends in <c>*</c>, all that this stands for.</summary>
    public bool Allows(string permission)
    {
        foreach (var held in _items)
        {
            if (Covers(held, permission))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether it allows all that another set does.</summary>
    public bool AllowsAll(IEnumerable<string> permissions) => permissions.All(Allows);

    /// <summary>What both allow, no more and no less.</summary>
    public PermissionSet Intersect(PermissionSet other)
    {
        ArgumentNullException.ThrowIfNull(other);

        // Of two permissions that have anything in common, one covers the other: names are compared from their beginning.
        return new PermissionSet(_items.Where(other.Allows).Concat(other._items.Where(Allows)));
    }

    /// <summary>What either allows.</summary>
    public PermissionSet Union(PermissionSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new PermissionSet(_items.Concat(other._items));
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => _items.AsEnumerable().GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', _items);

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
