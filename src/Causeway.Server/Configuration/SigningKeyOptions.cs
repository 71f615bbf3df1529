using System.ComponentModel.DataAnnotations;
using Causeway.Hosting;
using Causeway.Identity;

namespace Causeway.Server;

/// <summary>A key that signs and verifies access tokens (HS256).</summary>
internal sealed class SigningKeyOptions : IValidatableObject
{
    /// <summary>The id that tokens name in <c>kid</c>.</summary>
    [Required]
    [RegularExpression("^[A-Za-z0-9_.-]{1,64}$", ErrorMessage = "it must be 1 to 64 of A-Z a-z 0-9 _ . -")]
    public string? Id { get; set; }

    /// <summary>The key itself, base64 of at least 32 bytes, as <c>openssl rand -base64 32</c> prints it.</summary>
    [Required]
    [Secret]
    public string? Key { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Key is not null && !(Convert.TryFromBase64String(Key, new byte[Key.Length], out var length) && length >= SigningKey.MinBytes))
        {
            yield return new ValidationResult($"it must be base64 of at least {SigningKey.MinBytes} bytes", [nameof(Key)]);
        }
    }
}
