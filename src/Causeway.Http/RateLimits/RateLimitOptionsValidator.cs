using Microsoft.Extensions.Options;

namespace Causeway.Http;

/// <summary>Validates <see cref="RateLimitOptions"/> when the service starts.</summary>
[OptionsValidator]
internal sealed partial class RateLimitOptionsValidator : IValidateOptions<RateLimitOptions>;
