using Microsoft.Extensions.Options;

namespace Causeway.Identity;

/// <summary>Validates <see cref="MailOptions"/> when the service starts.</summary>
[OptionsValidator]
internal sealed partial class MailOptionsValidator : IValidateOptions<MailOptions>;
