using Microsoft.Extensions.Options;

namespace Causeway.Jobs;

/// <summary>Validates <see cref="JobsOptions"/> when the service starts.</summary>
[OptionsValidator]
internal sealed partial class JobsOptionsValidator : IValidateOptions<JobsOptions>;
