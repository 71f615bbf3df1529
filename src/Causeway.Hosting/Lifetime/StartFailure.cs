using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Causeway.Hosting;

/// <summary>A failed start in one line, with the exit code that goes with it.</summary>
/// <param name="ExitCode">One of <see cref="Hosting.ExitCode"/>.</param>
/// <param name="Message">What is wrong and what to do, for a person.</param>
public sealed record StartFailure(int ExitCode, string Message)
{
    /// <summary>Tells the failures a user can do something about; null for all others, whose stack trace matters.</summary>
    /// <param name="exception">What the start threw.</param>
    /// <param name="addresses">What the service should listen on, for errors that don't name the address.</param>
    /// <returns>The failure, if it is a known one.</returns>
    public static StartFailure? From(Exception exception, IReadOnlyCollection<string>? addresses = null)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (exception is ConfigurationException)
        {
            return new(Hosting.ExitCode.Configuration, exception.Message);
        }

        if (exception is PreflightException preflight)
        {
            return new(preflight.ExitCode, preflight.Message);
        }

        if (Find<LifespanException>(exception) is { } step)
        {
            return new(Hosting.ExitCode.Failed, step.Message);
        }

        if (Find<AddressInUseException>(exception) is not null || SocketErrorOf(exception) == SocketError.AddressAlreadyInUse)
        {
            return new(Hosting.ExitCode.PortHeld, PortHeldMessage.For(AddressOf(exception, addresses)));
        }

        return SocketErrorOf(exception) switch
        {
            SocketError.AccessDenied => new(
                Hosting.ExitCode.Failed,
                $"{AddressOf(exception, addresses)} may not be opened by this user. Ports under 1024 often need a right of their own; choose a higher one with --Server:Urls."),
            SocketError.AddressNotAvailable => new(
                Hosting.ExitCode.Configuration,
                $"{AddressOf(exception, addresses)} is no address of this machine. Correct Server:Urls."),
            _ => null,
        };
    }

    private static SocketError? SocketErrorOf(Exception exception) => Find<SocketException>(exception)?.SocketErrorCode;

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Kestrel names the address in its message only: "Failed to bind to address http://127.0.0.1:8080: address already in use."</summary>
    private static string AddressOf(Exception exception, IReadOnlyCollection<string>? addresses)
    {
        for (var current = exception; current is not null; current = current.InnerException)
        {
            var start = current.Message.IndexOf("://", StringComparison.Ordinal);
            if (start > 0)
            {
                start = current.Message.LastIndexOf(' ', start) + 1;
                var end = current.Message.IndexOf(' ', start);
                return current.Message[start..(end < 0 ? current.Message.Length : end)].TrimEnd('.', ':', ',');
            }
        }

        return addresses is { Count: > 0 } ? string.Join(" or ", addresses) : "An address of Server:Urls";
    }
}
