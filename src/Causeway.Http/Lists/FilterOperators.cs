namespace Causeway.Http;

/// <summary>How a filter compares. Behind a field's name and a dot stands the operator's: <c>?created_at.gte=2026-01-01</c>; with none it is <see cref="Equal"/>.</summary>
[Flags]
public enum FilterOperators
{
    /// <summary>None: the field is for sorting alone.</summary>
    None = 0,

    /// <summary><c>?field=</c>: is the value; where the parameter stands several times, one of the values.</summary>
    Equal = 1,

    /// <summary><c>?field.not=</c>: is not the value; where the parameter stands several times, none of them. A field without a value passes.</summary>
    NotEqual = 2,

    /// <summary><c>?field.contains=</c>: has the text in it, without regard to case in ASCII.</summary>
    Contains = 4,

    /// <summary><c>?field.prefix=</c>: begins with the text, without regard to case in ASCII.</summary>
    Prefix = 8,

    /// <summary><c>?field.lt=</c>: is below.</summary>
    Less = 16,

    /// <summary><c>?field.lte=</c>: is at most.</summary>
    LessOrEqual = 32,

    /// <summary><c>?field.gt=</c>: is above.</summary>
    Greater = 64,

    /// <summary><c>?field.gte=</c>: is at least.</summary>
    GreaterOrEqual = 128,

    /// <summary><c>?field.null=true</c>: has no value; <c>false</c>: has one.</summary>
    IsNull = 256,

    /// <summary>The four that compare by order.</summary>
    Order = Less | LessOrEqual | Greater | GreaterOrEqual,
}
