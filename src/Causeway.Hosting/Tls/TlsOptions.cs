using System.ComponentModel.DataAnnotations;

namespace Causeway.Hosting;

/// <summary>The certificate files of an HTTPS listener. With none, one is looked for: Tailscale's, mkcert's, else one is made.</summary>
public sealed class TlsOptions : IValidatableObject
{
    /// <summary>The certificate: PEM, with its chain behind it, or PKCS #12 (<c>.pfx</c>, <c>.p12</c>), which has the key as well.</summary>
    /// <value>A path, relative to the working directory. Default null.</value>
    public string? CertificateFile { get; set; }

    /// <summary>The private key, PEM.</summary>
    /// <value>A path, relative to the working directory. Default null: the key stands in <see cref="CertificateFile"/>.</value>
    public string? KeyFile { get; set; }

    /// <summary>The password of an encrypted key or of a PKCS #12 file.</summary>
    /// <value>Default null: none.</value>
    [Secret]
    public string? Password { get; set; }

    /// <summary>Whether the certificate file is PKCS #12.</summary>
    internal bool IsPkcs12 => Path.GetExtension(CertificateFile)?.ToUpperInvariant() is ".PFX" or ".P12";

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (CertificateFile is null && KeyFile is not null)
        {
            yield return new ValidationResult("it needs a CertificateFile beside it", [nameof(KeyFile)]);
        }

        if (IsPkcs12 && KeyFile is not null)
        {
            yield return new ValidationResult("a PKCS #12 file has the key in it; leave this out", [nameof(KeyFile)]);
        }
    }
}
