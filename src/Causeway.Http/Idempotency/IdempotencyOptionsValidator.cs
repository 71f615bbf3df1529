using Microsoft.Extensions.Options;

namespace Causeway.Http;

/// <summary>Validates <see cref="IdempotencyOptions"/> when the service starts.</summary>
[OptionsValidator]
internal sealed partial class IdempotencyOptionsValidator : IValidateOptions<IdempotencyOptions>;
