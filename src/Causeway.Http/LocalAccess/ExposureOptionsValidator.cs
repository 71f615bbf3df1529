using Microsoft.Extensions.Options;

namespace Causeway.Http;

/// <summary>Validates <see cref="ExposureOptions"/> when the service starts.</summary>
[OptionsValidator]
internal sealed partial class ExposureOptionsValidator : IValidateOptions<ExposureOptions>;
