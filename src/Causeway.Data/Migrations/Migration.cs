using System.Globalization;

namespace Causeway.Data;

/// <summary>One step of a library's schema, with the way back.</summary>
public sealed class Migration
{
    internal Migration(string library, int number, string name, string checksum, MigrationScript script)
    {
        Library = library;
        Number = number;
        Name = name;
        Checksum = checksum;
        Script = script;
    }

    /// <summary>Whose it is.</summary>
    public string Library { get; }

    /// <summary>Its place among those of its library, from 1 and without holes.</summary>
    public int Number { get; }

    /// <summary>What it does, in a few words (<c>refresh_tokens</c>).</summary>
    public string Name { get; }

    /// <summary>SHA-256 of its text in lower-case hexadecimal, whatever its line ends are.</summary>
    public string Checksum { get; }

    internal MigrationScript Script { get; }

    /// <summary>As people are told of it: <c>identity 0002_refresh_tokens</c>.</summary>
    public override string ToString() => Describe(Library, Number, Name);

    internal static string Describe(string library, int number, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"{library} {number:0000}_{name}");
}

/// <summary>What a migration is to the database at hand.</summary>
public enum MigrationState
{
    /// <summary>The database has it.</summary>
    Applied = 1,

    /// <summary>The database will have it.</summary>
    Pending,

    /// <summary>The database has it, but as another text than this program's.</summary>
    Changed,

    /// <summary>The database has it, and this program doesn't know it: it is older than the database.</summary>
    Unknown,
}

/// <summary>One migration as <see cref="Migrator.StatusAsync"/> tells of it.</summary>
/// <param name="Library">Whose it is.</param>
/// <param name="Number">Its place among those of its library.</param>
/// <param name="Name">What it does.</param>
/// <param name="State">What it is to this database.</param>
/// <param name="AppliedAt">When it was applied; null where it wasn't.</param>
public sealed record MigrationStatus(string Library, int Number, string Name, MigrationState State, DateTimeOffset? AppliedAt);

/// <summary>The database's schema can't be brought where this program needs it. The message names the migration and what to do; nothing was changed.</summary>
public sealed class MigrationException : Exception
{
    /// <summary>Creates one.</summary>
    /// <param name="message">Which migration, and what to do.</param>
    /// <param name="inner">What the database said, if it did.</param>
    public MigrationException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
