using System.Net.Security;
using System.Net.Sockets;

namespace Causeway.Relay;

/// <summary>Asks whether a backend answers: over HTTP where it has a health path, else by connecting.</summary>
internal sealed class ReadyProbe : IDisposable
{
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(2);
    private readonly Uri _url;
    private readonly HttpMessageInvoker? _http;

    public ReadyProbe(BackendOptions options)
    {
        var url = new Uri(options.Urls[0]);
        _url = options.Health is { } health ? new Uri($"{url.GetLeftPart(UriPartial.Authority)}{url.AbsolutePath.TrimEnd('/')}{health.Path}") : url;
        _http = options.Health is null ? null : new HttpMessageInvoker(Handler(options.AllowSelfSigned));
    }

    /// <summary>The address that is asked, as host and port.</summary>
    public string Address => $"{_url.Host}:{_url.Port}";

    /// <summary>Whether anybody listens at the address.</summary>
    public async Task<bool> IsOpenAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AttemptLimit);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(_url.IdnHost, _url.Port, limit.Token).ConfigureAwait(false);

            // A port that nobody has can connect to itself when it lies in the range of outgoing connections.
            return !Equals(socket.LocalEndPoint, socket.RemoteEndPoint);
        }
        catch (Exception exception) when (exception is SocketException || exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Whether the backend is ready for requests.</summary>
    public Task<bool> IsReadyAsync(CancellationToken cancellationToken) =>
        _http is null ? IsOpenAsync(cancellationToken) : AnswersAsync(_http, cancellationToken);

    public void Dispose() => _http?.Dispose();

    private async Task<bool> AnswersAsync(HttpMessageInvoker http, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AttemptLimit);
        using var request = new HttpRequestMessage(HttpMethod.Get, _url);
        request.Headers.TryAddWithoutValidation("Via", RelayName.Via);
        try
        {
            using var response = await http.SendAsync(request, limit.Token).ConfigureAwait(false);
            return (int)response.StatusCode < 400;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException || exception is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private static SocketsHttpHandler Handler(bool allowSelfSigned)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = AttemptLimit,
            PooledConnectionLifetime = TimeSpan.Zero,
            ActivityHeadersPropagator = null,
        };
        if (allowSelfSigned)
        {
#pragma warning disable CA5359 // The operator opted in for this backend by name.
            handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true };
#pragma warning restore CA5359
        }

        return handler;
    }
}
