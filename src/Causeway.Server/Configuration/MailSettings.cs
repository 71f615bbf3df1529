using System.ComponentModel.DataAnnotations;
using Causeway.Hosting;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>How mail is sent.</summary>
internal sealed class MailSettings : IValidatableObject
{
    /// <summary>The sender: an address, or <c>Name &lt;address&gt;</c>.</summary>
    /// <value>Default null: <c>causeway@</c> and the host of <c>Server:PublicUrl</c>.</value>
    public string? From { get; set; }

    /// <summary>The server that takes mail.</summary>
    /// <value>Default null: each mail becomes a file in the data directory's <c>mail</c>.</value>
    public SmtpSettings? Smtp { get; set; }

    /// <summary>The page that verifies an address; <c>{token}</c> stands for the secret.</summary>
    /// <value>Default null: the console's.</value>
    public string? VerifyUrl { get; set; }

    /// <summary>The page that takes a new password; <c>{token}</c> stands for the secret.</summary>
    /// <value>Default null: the console's.</value>
    public string? ResetUrl { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Smtp is not null && From is null)
        {
            yield return new ValidationResult("it must say whom mail is from where Mail:Smtp is set", [nameof(From)]);
        }

        var options = new MailOptions();
        Copy(options);
        foreach (var problem in ((IValidatableObject)options).Validate(validationContext))
        {
            var name = problem.MemberNames.First();
            yield return new ValidationResult("it " + problem.ErrorMessage![(name.Length + 1)..].TrimEnd('.'), [name]);
        }
    }

    /// <summary>Hands the library its options.</summary>
    public void Apply(MailOptions options, ServerSettings settings)
    {
        var address = (settings.Server.PublicUrl ?? FirstScreen.Clickable(settings.Server.AdminListenUrls().Concat(settings.Server.ListenUrls()).First())).TrimEnd('/');
        options.From = "Causeway <causeway@" + new Uri(address).Host.Trim('[', ']') + ">";
        options.VerifyUrl = $"{address}{settings.ConsolePath}#/verify-email?token={MailOptions.TokenMark}";
        options.ResetUrl = $"{address}{settings.ConsolePath}#/reset-password?token={MailOptions.TokenMark}";
        options.Directory = Path.Combine(settings.DataDirectory, "mail");
        options.Smtp = Smtp is null ? null : new SmtpOptions
        {
            Host = Smtp.Host,
            Port = Smtp.Port,
            StartTls = Smtp.StartTls,
            UserName = Smtp.UserName,
            Password = Smtp.Password,
            TimeoutSeconds = Smtp.TimeoutSeconds,
        };
        Copy(options);
    }

    private void Copy(MailOptions options)
    {
        options.From = From ?? options.From;
        options.VerifyUrl = VerifyUrl ?? options.VerifyUrl;
        options.ResetUrl = ResetUrl ?? options.ResetUrl;
    }
}

/// <summary>The server that takes mail.</summary>
internal sealed class SmtpSettings : IValidatableObject
{
    /// <summary>Its name or address.</summary>
    [Required]
    public string? Host { get; set; }

    /// <summary>Its port for submission.</summary>
    /// <value>1–65,535. Default 587.</value>
    [Range(1, 65_535)]
    public int Port { get; set; } = 587;

    /// <summary>Whether the connection is made secure (STARTTLS) first; a server that can't is not used.</summary>
    /// <value>Default true.</value>
    public bool StartTls { get; set; } = true;

    /// <summary>The name to log in with.</summary>
    /// <value>Default null: without a log-in.</value>
    public string? UserName { get; set; }

    /// <summary>The password to log in with.</summary>
    [Secret]
    public string? Password { get; set; }

    /// <summary>How long one mail may take.</summary>
    /// <value>1–300 s. Default 30 s.</value>
    [Range(1, 300)]
    public int TimeoutSeconds { get; set; } = 30;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        ((IValidatableObject)new SmtpOptions { Host = Host, StartTls = StartTls, UserName = UserName, Password = Password }).Validate(validationContext)
            .Select(static problem => new ValidationResult("it " + problem.ErrorMessage!.TrimEnd('.'), problem.MemberNames));
}
