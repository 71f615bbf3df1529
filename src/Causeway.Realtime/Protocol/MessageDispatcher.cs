using System.Collections.Frozen;
using Causeway.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Realtime;

/// <summary>Routes a message by its type: to the protocol's own actions, to a registered handler, or into its room.</summary>
internal sealed class MessageDispatcher(LiveCore core, RoomActions rooms, IServiceProvider services, IEnumerable<HandlerRegistration> handlers)
{
    private readonly FrozenDictionary<string, HandlerRegistration> _handlers =
        handlers.ToFrozenDictionary(static handler => handler.Type, StringComparer.Ordinal);

    public ValueTask DispatchAsync(Connection connection, in Envelope envelope, Inbound inbound)
    {
        ValueTask<ApiError?> answering;
        switch (envelope.Type)
        {
            case "ping":
                connection.Answer(ServerMessages.Pong(connection.Sender.Form, envelope.Ref));
                return ValueTask.CompletedTask;
            case "join_room":
                answering = rooms.JoinAsync(connection, envelope);
                break;
            case "leave_room":
                answering = ValueTask.FromResult(rooms.Leave(connection, envelope));
                break;
            case "presence":
                answering = rooms.PresenceAsync(connection, envelope);
                break;
            case "history":
                answering = ValueTask.FromResult(rooms.History(connection, envelope));
                break;
            case "typing":
                answering = rooms.TypingAsync(connection, envelope);
                break;
            case "refresh_token":
                return RefreshAsync(connection, envelope, inbound);
            default:
                if (_handlers.TryGetValue(envelope.Type, out var handler))
                {
                    return HandleAsync(handler, connection, envelope, inbound);
                }

                answering = envelope.Room is not null
                    ? rooms.PublishAsync(connection, envelope)
                    : ValueTask.FromResult<ApiError?>(new ApiError(ErrorCode.UnknownType, $"No handler takes '{envelope.Type}'."));
                break;
        }

        if (!answering.IsCompletedSuccessfully)
        {
            return AnswerAsync(answering, connection, envelope, inbound);
        }

        if (answering.Result is { } error)
        {
            inbound.Refuse(connection, error, envelope.Ref);
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask AnswerAsync(ValueTask<ApiError?> answering, Connection connection, Envelope envelope, Inbound inbound)
    {
        ApiError? error;
        try
        {
            error = await answering;
        }
        catch (Exception exception)
        {
            core.Logger.HandlerFailed(envelope.Type, connection.Id, exception);
            error = new ApiError(ErrorCode.InternalError, "The message could not be handled.");
        }

        if (error is not null)
        {
            inbound.Refuse(connection, error, envelope.Ref);
        }
    }

    private async ValueTask HandleAsync(HandlerRegistration handler, Connection connection, Envelope envelope, Inbound inbound)
    {
        ApiError? error;
        byte[]? answer = null;
        try
        {
            using var span = MessageTracing.StartHandler(envelope.Type);
            var scope = services.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                var context = new MessageContext(connection, envelope, core, scope.ServiceProvider);
                error = await handler.InvokeAsync(context) ?? context.Refusal;
                answer = error is null && envelope.Ref is not null ? context.Acknowledge() : null;
            }
        }
        catch (Exception exception)
        {
            // A handler's fault is answered without its inner story; the connection lives on.
            core.Logger.HandlerFailed(envelope.Type, connection.Id, exception);
            error = new ApiError(ErrorCode.InternalError, "The handler of this message failed.");
        }

        if (error is not null)
        {
            inbound.Refuse(connection, error, envelope.Ref);
        }
        else if (answer is not null)
        {
            connection.Answer(answer);
        }
    }

    private async ValueTask RefreshAsync(Connection connection, Envelope envelope, Inbound inbound)
    {
        var error = await RefreshAsync(connection, envelope);
        if (error is not null)
        {
            inbound.Refuse(connection, error, envelope.Ref);
        }
        else
        {
            connection.Answer(ServerMessages.Ack(connection.Sender.Form, envelope.Ref));
        }
    }

    private async ValueTask<ApiError?> RefreshAsync(Connection connection, Envelope envelope)
    {
        if (!PayloadReader.TryReadToken(envelope.Payload.Span, out var token))
        {
            return Refusals.Invalid("access_token", "required, a string");
        }

        AuthenticationOutcome outcome;
        try
        {
            outcome = await services.GetRequiredService<IRealtimeAuthenticator>().RefreshAsync(connection.Describe(), token, connection.Aborted);
        }
        catch (Exception exception)
        {
            core.Logger.HandlerFailed(envelope.Type, connection.Id, exception);
            return new ApiError(ErrorCode.InternalError, "The credential could not be checked.");
        }

        if (outcome.Identity is not { } identity)
        {
            return outcome.Error;
        }

        if (identity.ExpiresAt <= core.Time.GetUtcNow())
        {
            return Refusals.CredentialExpired;
        }

        if (identity.UserId != connection.Identity.UserId)
        {
            return new ApiError(ErrorCode.Forbidden, "The token belongs to another user.");
        }

        if (identity.SessionId != connection.Identity.SessionId)
        {
            return new ApiError(ErrorCode.Forbidden, "The token belongs to another session; connect with it.");
        }

        core.Connections.Renew(connection, identity);
        return null;
    }
}
