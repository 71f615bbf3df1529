using Microsoft.Extensions.Options;

namespace Causeway.Http;

/// <summary>Validates <see cref="CursorOptions"/> when the service starts.</summary>
[OptionsValidator]
internal sealed partial class CursorOptionsValidator : IValidateOptions<CursorOptions>;
