namespace Causeway.Realtime.Tests;

/// <summary>Short ways to what tests look at in a message.</summary>
internal static class LiveMessageExtensions
{
    public static string? Text(this LiveMessage message, string name) => message.Payload.GetProperty(name).GetString();

    public static long Number(this LiveMessage message, string name) => message.Payload.GetProperty(name).GetInt64();

    public static bool Flag(this LiveMessage message, string name) => message.Payload.GetProperty(name).GetBoolean();

    public static bool IsNull(this LiveMessage message, string name) => message.Payload.GetProperty(name).ValueKind is JsonValueKind.Null;

    /// <summary>The names of the payload's fields.</summary>
    public static IEnumerable<string> Fields(this LiveMessage message) => message.Payload.EnumerateObject().Select(static field => field.Name);

    /// <summary>Who a join or <c>presence</c> answered with, as <c>user×devices</c>.</summary>
    public static IEnumerable<string> Members(this LiveMessage message) => message.Payload.GetProperty("members").EnumerateArray()
        .Select(static member => $"{member.GetProperty("user_id").GetString() ?? "-"}×{member.GetProperty("devices").GetInt32()}");

    /// <summary>The position that a join's answer names.</summary>
    public static (string Epoch, long Offset) Position(this LiveMessage joined) => (joined.Text("epoch")!, joined.Number("offset"));

    /// <summary>The next messages of a type, by their <c>n</c>.</summary>
    public static async Task<List<int>> NextNumbersAsync(this LiveClient client, int count, string type = "chat")
    {
        var numbers = new List<int>();
        while (numbers.Count < count)
        {
            numbers.Add((int)(await client.NextAsync(type)).Number("n"));
        }

        return numbers;
    }

    /// <summary>Makes sure that everything said before has been answered.</summary>
    public static Task<LiveMessage> PingAsync(this LiveClient client) => client.RequestAsync("ping");
}
