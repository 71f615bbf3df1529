using System.Buffers;

namespace Causeway.Http;

/// <summary>The names of methods and headers (RFC 9110, section 5.6.2).</summary>
internal static class Token
{
    /// <summary>What they may consist of, but for <c>*</c>, which stands for anything where names are listed.</summary>
    public static SearchValues<char> Characters { get; } =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'+-.^_`|~");
}
