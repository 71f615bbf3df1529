namespace Causeway.Hosting;

/// <summary>What the preflight looks at before anything listens.</summary>
public sealed class PortPreflightOptions
{
    /// <summary>The directory of this service's data: its lock and its record tell an earlier instance from a stranger.</summary>
    /// <value>A path; made (0700) when it isn't there. No default: it must be set.</value>
    public string DataDirectory { get; set; } = "";

    /// <summary>Whom it may ask to stop.</summary>
    /// <value>Default <see cref="TakeOverMode.Same"/>.</value>
    public TakeOverMode TakeOver { get; set; } = TakeOverMode.Same;

    /// <summary>The addresses that will be bound, as in <c>http://127.0.0.1:8080</c>.</summary>
    /// <value>Default none: then those the web server was given.</value>
    public IList<string> Urls { get; } = [];

    /// <summary>Addresses whose sockets were handed over by a service manager: they are not bound, so nobody can be in the way, but an earlier instance that serves them is waited for.</summary>
    /// <value>Default none.</value>
    public IList<string> InheritedUrls { get; } = [];

    /// <summary>The program's version, for the instance record.</summary>
    /// <value>Default that of the program's assembly.</value>
    public string Version { get; set; } =
        System.Reflection.Assembly.GetEntryAssembly()?.GetName().Version?.ToString() ?? "unknown";

    /// <summary>Takes what a person at a terminal should read while it waits for an earlier instance.</summary>
    /// <value>Default standard error.</value>
    public TextWriter Notices { get; set; } = Console.Error;
}
