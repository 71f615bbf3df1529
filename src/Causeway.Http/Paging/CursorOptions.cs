using System.ComponentModel.DataAnnotations;

namespace Causeway.Http;

/// <summary>How cursors are signed.</summary>
public sealed class CursorOptions : IValidatableObject
{
    /// <summary>The secret that signs cursors. Nodes that share lists share it.</summary>
    /// <value>At least 32 bytes. Default null: random for the life of the process, so cursors end with it.</value>
    public ReadOnlyMemory<byte>? SigningKey { get; set; }

    /// <inheritdoc/>
    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext)
    {
        if (SigningKey is { Length: < 32 })
        {
            yield return new ValidationResult("SigningKey must have at least 32 bytes.", [nameof(SigningKey)]);
        }
    }
}
