namespace Causeway.Http;

/// <summary>What the values of a list's field are, and so how a filter's value is read.</summary>
public enum ListFieldType
{
    /// <summary>Text; a value has at most 200 characters.</summary>
    Text = 1,

    /// <summary>A whole number of 64 bits.</summary>
    Number,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>A moment: RFC 3339 with its offset, or a date, which means its first moment in UTC.</summary>
    Time,
}
