using Causeway.Hosting;

namespace Causeway.Server;

/// <summary>The configuration as it was read last: at the start, or by the newest reload that found nothing wrong with it.</summary>
internal sealed class CurrentSettings(ServerSettings started)
{
    private ServerSettings _value = started;

    /// <summary>What reload hooks put into force. Whatever no hook owns counts only after a restart.</summary>
    public ServerSettings Value => Volatile.Read(ref _value);

    /// <summary>Reads the same command line, files and variables again.</summary>
    /// <exception cref="ConfigurationException">With everything that is wrong; the value stays as it is.</exception>
    public CausewayConfiguration ReadAgain()
    {
        var fresh = Value.ReadAgain();
        Volatile.Write(ref _value, fresh);
        return fresh.Configuration;
    }
}
