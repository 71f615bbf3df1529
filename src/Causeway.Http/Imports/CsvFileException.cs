namespace Causeway.Http;

/// <summary>A CSV file can't be read on.</summary>
/// <param name="line">Where.</param>
/// <param name="message">One sentence for whoever sent it.</param>
internal sealed class CsvFileException(int line, string message) : Exception(message)
{
    public int Line { get; } = line;
}
