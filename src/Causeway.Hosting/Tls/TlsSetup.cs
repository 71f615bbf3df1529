namespace Causeway.Hosting;

/// <summary>What TLS needs to know of the service, besides the configured files.</summary>
public sealed class TlsSetup
{
    /// <summary>The configured files.</summary>
    public TlsOptions Options { get; set; } = new();

    /// <summary>Where relative paths start.</summary>
    /// <value>Default: the process's working directory.</value>
    public string WorkingDirectory { get; set; } = Environment.CurrentDirectory;

    /// <summary>Where a certificate of our own is kept; made (0700) when it isn't there.</summary>
    /// <value>A full path. Default <c>data/tls</c> in the working directory.</value>
    public string Directory { get; set; } = Path.GetFullPath("data/tls");

    /// <summary>The names and addresses people use, besides <c>localhost</c>, the loopback addresses and the machine's name.</summary>
    public IList<string> Names { get; } = [];

    /// <summary>Whether it listens on more than loopback; a certificate for a network's name is of use only then.</summary>
    public bool ListensBeyondLoopback { get; set; }

    /// <summary>Where other programs are looked for.</summary>
    internal string SearchPath { get; set; } = Environment.GetEnvironmentVariable("PATH") ?? "";
}
