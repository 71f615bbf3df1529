using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Mail;
using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>How mail is sent.</summary>
public sealed class MailOptions : IValidatableObject
{
    /// <summary>What stands in a link's address for its secret.</summary>
    public const string TokenMark = "{token}";

    /// <summary>The sender: an address, or <c>Name &lt;address&gt;</c>.</summary>
    /// <value>Default <c>Causeway &lt;causeway@localhost&gt;</c>; a server that delivers mail wants a real one.</value>
    [Required]
    public string From { get; set; } = "Causeway <causeway@localhost>";

    /// <summary>The server that takes mail.</summary>
    /// <value>Default null: each mail becomes a file in <see cref="Directory"/>.</value>
    [ValidateObjectMembers]
    public SmtpOptions? Smtp { get; set; }

    /// <summary>Where mail is written while there is no server; made (0700) when it isn't there.</summary>
    [Required]
    public string Directory { get; set; } = "mail";

    /// <summary>The page that verifies an address; <c>{token}</c> stands for the secret, best behind a <c>#</c>, where no log sees it.</summary>
    [Required]
    public string VerifyUrl { get; set; } = "http://localhost:8080/#/verify-email?token={token}";

    /// <summary>The page that takes a new password.</summary>
    [Required]
    public string ResetUrl { get; set; } = "http://localhost:8080/#/reset-password?token={token}";

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (!MailAddress.TryCreate(From, out _) || From.AsSpan().ContainsAny('\r', '\n'))
        {
            yield return new ValidationResult("From must be an address, or Name <address>.", [nameof(From)]);
        }

        foreach (var (name, url) in new[] { (nameof(VerifyUrl), VerifyUrl), (nameof(ResetUrl), ResetUrl) })
        {
            if (!url.Contains(TokenMark, StringComparison.Ordinal)
                || !Uri.TryCreate(url.Replace(TokenMark, "x", StringComparison.Ordinal), UriKind.Absolute, out var uri)
                || uri.Scheme is not ("http" or "https"))
            {
                yield return new ValidationResult($"{name} must be an http(s) address with {TokenMark} in it.", [name]);
            }
        }
    }
}

/// <summary>The server that takes mail.</summary>
public sealed class SmtpOptions : IValidatableObject
{
    /// <summary>Its name or address.</summary>
    [Required]
    public string? Host { get; set; }

    /// <summary>Its port for submission.</summary>
    /// <value>1–65,535. Default 587.</value>
    [Range(1, 65_535)]
    public int Port { get; set; } = 587;

    /// <summary>Whether the connection is made secure (STARTTLS) before anything is said on it; a server that can't is not used.</summary>
    /// <value>Default true.</value>
    public bool StartTls { get; set; } = true;

    /// <summary>The name to log in with.</summary>
    /// <value>Default null: without a log-in.</value>
    public string? UserName { get; set; }

    /// <summary>The password to log in with. A secret.</summary>
    public string? Password { get; set; }

    /// <summary>How long one mail may take.</summary>
    /// <value>1–300 s. Default 30 s.</value>
    [Range(1, 300)]
    public int TimeoutSeconds { get; set; } = 30;

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (UserName is null != Password is null)
        {
            yield return new ValidationResult("UserName and Password go together.", [UserName is null ? nameof(UserName) : nameof(Password)]);
        }

        if (Password is not null && !StartTls && !IsLoopback(Host))
        {
            yield return new ValidationResult("StartTls must be on: a password would cross the network in clear.", [nameof(StartTls)]);
        }
    }

    private static bool IsLoopback(string? host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address);
}
