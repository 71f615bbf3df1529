namespace Causeway.Hosting;

/// <summary>Marks an option whose value is never shown: not in <c>config show</c>, not in a problem's text.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretAttribute : Attribute;
