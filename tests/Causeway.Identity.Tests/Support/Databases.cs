namespace Causeway.Identity.Tests;

/// <summary>Tests that use both databases take turns, which is fair to the one PostgreSQL they share.</summary>
[CollectionDefinition("databases")]
public sealed class Databases;
