namespace Causeway.Realtime;

/// <summary>What the AsyncAPI document says of the application.</summary>
public sealed class AsyncApiOptions
{
    /// <summary>Its name.</summary>
    /// <value>Default <c>Live API</c>.</value>
    public string Title { get; set; } = "Live API";

    /// <summary>The version of the application, not of the protocol.</summary>
    /// <value>Default <c>1.0.0</c>.</value>
    public string Version { get; set; } = "1.0.0";

    /// <summary>What it is for, in Markdown; null for the protocol's own words.</summary>
    public string? Description { get; set; }

    /// <summary>Where clients reach it, such as <c>https://live.example.com</c>; null for the address that the document is asked for at.</summary>
    public Uri? PublicUrl { get; set; }
}
