namespace Causeway.Server;

/// <summary>Accounts, as their owners use them: registering, logging in and out, and what is theirs.</summary>
internal static class AuthEndpoints
{
    // Whoever is not known yet has nothing longer to say.
    private const long MostBytes = 16_384;

    public static void MapAuthEndpoints(this RouteGroupBuilder api)
    {
        var auth = api.MapGroup("/auth").WithTags("Accounts").WithMetadata(new BodyLimit(MostBytes)).WithoutCompression();
        var open = auth.MapGroup("").WithRateLimit(RateLimitPolicies.Auth);

        open.MapPost("/register", Register.HandleAsync)
            .WithName("register").WithSummary("Make an account, and log in to it. Where addresses must be verified, a link is sent instead (202), whether or not there was an account.")
            .TakesIdempotencyKey().Answers<SessionResponse>(201).Answers<Register.Pending>(202).Refuses(409, 503).SetsCookie(201);
        open.MapPost("/login", LogInUser.HandleAsync)
            .WithName("logIn").WithSummary("Start a session with address and password. Wrong ones cost growing pauses.")
            .Answers<SessionResponse>(200).Refuses(401, 403, 429, 503).SetsCookie(200);
        open.MapPost("/forgot-password", Passwords.ForgotAsync)
            .WithName("forgotPassword").WithSummary("Send a link that lets choose a new password. The answer is the same for every address.")
            .Answers<Passwords.Accepted>(202);
        open.MapPost("/reset-password", Passwords.ResetAsync)
            .WithName("resetPassword").WithSummary("Choose a new password by the link of a mail; all sessions end.")
            .Answers(204).Refuses(503);
        open.MapPost("/verify-email", Verification.VerifyAsync)
            .WithName("verifyEmail").WithSummary("Verify an address by the link of a mail.")
            .Answers(204).Refuses(409);

        auth.MapPost("/refresh", RefreshSession.HandleAsync)
            .WithName("refreshSession").WithSummary("Get the next tokens for a refresh token, or a longer life for the session's cookie. The last token may be shown again; an older one ends the session.")
            .Answers<SessionResponse>(200).Refuses(401, 403).SetsCookie(200).SetsCookie(401);
        auth.MapPost("/logout", LogOut.HandleAsync)
            .WithName("logOut").WithSummary("End the session of the credential, or of a refresh token.")
            .Answers(204).Refuses(401, 403).SetsCookie(204).SetsCookie(401);
        auth.MapPost("/logout-all", LogOut.AllAsync)
            .WithName("logOutEverywhere").WithSummary("End all sessions of one's account; its access tokens are void at once.")
            .Needs(AccessRule.Credential).Answers(204).SetsCookie(204);
        auth.MapGet("/me", Me.ShowAsync)
            .WithName("showMe").WithSummary("Show whose the credential is, and what it may do.")
            .Needs(AccessRule.Credential).Answers<Me.MeResponse>(200);
        auth.MapPatch("/me", Me.UpdateAsync)
            .WithName("updateMe").WithSummary("Change one's own name, or ask for another address.")
            .Needs(AccessRule.Credential).Answers<UserResponse>(200).Refuses(404, 409, 429, 503);
        auth.MapPost("/password", Passwords.ChangeAsync)
            .WithName("changePassword").WithSummary("Change one's own password; all other sessions end.")
            .Needs(AccessRule.Credential).Answers(204).Refuses(404, 429, 503);
        auth.MapPost("/send-verification", Verification.SendAsync)
            .WithName("sendVerification").WithSummary("Send the link that verifies one's address once more, at most once a minute.")
            .Needs(AccessRule.Credential).Answers<Passwords.Accepted>(202);
        auth.MapGet("/sessions", ListSessions.HandleAsync)
            .WithName("listSessions").WithSummary("List one's own sessions, the one used last first.")
            .Needs(AccessRule.Credential).Answers<ListSessions.SessionList>(200);
        auth.MapDelete("/sessions/{session_id}", ListSessions.EndAsync)
            .WithName("endSession").WithSummary("End one of one's own sessions.")
            .Needs(AccessRule.Credential).Answers(204).Refuses(404);
    }

    private static RouteHandlerBuilder SetsCookie(this RouteHandlerBuilder endpoint, int status) => endpoint.WithMetadata(
        new ResponseHeader(status, "Set-Cookie", "The session of a browser, out of reach of scripts; or none any more, where it has ended.", Always: false));
}
