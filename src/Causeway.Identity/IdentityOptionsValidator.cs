using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>Validates <see cref="IdentityOptions"/> when the service starts.</summary>
[OptionsValidator]
internal sealed partial class IdentityOptionsValidator : IValidateOptions<IdentityOptions>;
