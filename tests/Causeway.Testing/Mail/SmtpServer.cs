using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Causeway.Testing;

/// <summary>A small mail server on a real socket (RFC 5321): keeps what it is given, or misbehaves as it is told.</summary>
public sealed class SmtpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _sessions = [];
    private readonly SslStreamCertificateContext? _certificate;
    private readonly Task _accepting;

    private SmtpServer(SslStreamCertificateContext? certificate)
    {
        _certificate = certificate;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens, at 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The mails that were taken: headers and text as they came.</summary>
    public ConcurrentQueue<string> Mails { get; } = new();

    /// <summary>What clients have said, and what of it anybody on the way could read.</summary>
    public ConcurrentQueue<string> Commands { get; } = new();

    /// <inheritdoc cref="Commands"/>
    public ConcurrentQueue<string> InClear { get; } = new();

    /// <summary>Connections so far.</summary>
    public int Connections { get; private set; }

    /// <summary>The answer to a recipient, instead of a yes.</summary>
    public string? RefusesRecipient { get; set; }

    /// <summary>Whether it says nothing at all.</summary>
    public bool Hangs { get; set; }

    /// <summary>Whether it hangs up in the middle of a mail.</summary>
    public bool BreaksOff { get; set; }

    /// <summary>Starts one.</summary>
    /// <param name="certificate">Makes it offer STARTTLS, and a log-in only behind it; null not to.</param>
    public static SmtpServer Start(TestCertificate? certificate = null)
    {
        if (certificate is null)
        {
            return new SmtpServer(null);
        }

        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificate.Certificates);
        return new SmtpServer(SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificate.Certificates, certificate.Key), chain, offline: true));
    }

    /// <summary>Hangs up on everybody.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await Task.WhenAll([_accepting, .. _sessions]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            Connections++;
            _sessions.Add(ServeAsync(client));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var owned = client;
        Stream stream = client.GetStream();
        if (Hangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token);
        }

        await SayAsync(stream, "220 mail.test ready");
        while (await ReadLineAsync(stream) is { } line)
        {
            Note(stream, line);
            switch (line.Split(' ', ':')[0].ToUpperInvariant())
            {
                case "EHLO":
                    await SayAsync(stream, _certificate is null || stream is SslStream ? "250-mail.test\r\n250 AUTH LOGIN PLAIN" : "250-mail.test\r\n250 STARTTLS");
                    break;
                case "STARTTLS" when _certificate is not null:
                    await SayAsync(stream, "220 go on");
                    var secured = new SslStream(stream);
                    await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _certificate }, _stop.Token);
                    stream = secured;
                    break;
                case "AUTH":
                    await LogInAsync(stream, line);
                    break;
                case "RCPT" when RefusesRecipient is { } refusal:
                    await SayAsync(stream, refusal);
                    break;
                case "MAIL" or "RCPT" or "RSET" or "NOOP":
                    await SayAsync(stream, "250 yes");
                    break;
                case "DATA" when BreaksOff:
                    return;
                case "DATA":
                    await SayAsync(stream, "354 go on");
                    Mails.Enqueue(await ReadMailAsync(stream));
                    await SayAsync(stream, "250 taken");
                    break;
                case "QUIT":
                    await SayAsync(stream, "221 bye");
                    return;
                default:
                    await SayAsync(stream, "502 no such command");
                    break;
            }
        }
    }

    private async Task LogInAsync(Stream stream, string line)
    {
        var given = line.Split(' ');
        await SayAsync(stream, given.Length > 2 ? "334 UGFzc3dvcmQ6" : "334 VXNlcm5hbWU6");
        while (await ReadLineAsync(stream) is { } answer)
        {
            Note(stream, Encoding.UTF8.GetString(Convert.FromBase64String(answer)));
            if (given.Length > 2)
            {
                await SayAsync(stream, "235 welcome");
                return;
            }

            given = [.. given, answer];
            await SayAsync(stream, "334 UGFzc3dvcmQ6");
        }
    }

    private void Note(Stream stream, string line)
    {
        Commands.Enqueue(line);
        if (stream is not SslStream)
        {
            InClear.Enqueue(line);
        }
    }

    private async Task<string> ReadMailAsync(Stream stream)
    {
        var text = new StringBuilder();
        while (await ReadLineAsync(stream) is { } line && line != ".")
        {
            text.Append(line.StartsWith('.') ? line[1..] : line).Append("\r\n");
        }

        return text.ToString();
    }

    private async Task SayAsync(Stream stream, string line)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), _stop.Token);
        await stream.FlushAsync(_stop.Token);
    }

    /// <summary>Byte by byte, so that nothing behind STARTTLS is read before its time.</summary>
    private async Task<string?> ReadLineAsync(Stream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one, _stop.Token) == 1)
        {
            if (one[0] == (byte)'\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        return null;
    }
}
