using Microsoft.Extensions.Options;

namespace Causeway.Data;

/// <summary>Validates <see cref="DatabaseOptions"/> when the service starts.</summary>
[OptionsValidator]
internal sealed partial class DatabaseOptionsValidator : IValidateOptions<DatabaseOptions>;
