using Microsoft.Extensions.Options;

namespace Causeway.Http;

/// <summary>Validates <see cref="HostAndOriginOptions"/> when the service starts.</summary>
[OptionsValidator]
internal sealed partial class HostAndOriginOptionsValidator : IValidateOptions<HostAndOriginOptions>;
