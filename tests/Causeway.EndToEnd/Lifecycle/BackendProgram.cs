using System.Globalization;
using System.Text.Json.Nodes;
using Causeway.Testing;

namespace Causeway.EndToEnd.Lifecycle;

/// <summary>The configuration of a backend that the server starts itself.</summary>
internal sealed class BackendProgram
{
    /// <summary>Its port.</summary>
    public int Port { get; } = FreePort.Next();

    /// <summary>A configuration with the backend <c>app</c> at <c>/app/…</c>.</summary>
    /// <param name="switches">What the program does, as in <c>exit=3</c>.</param>
    /// <param name="process">More keys of its process, as JSON.</param>
    /// <param name="root">More keys of the whole, as JSON.</param>
    public string Configuration(string switches = "", string process = "{}", string root = "{}")
    {
        var options = JsonNode.Parse(process)!.AsObject();
        string[] command =
        [
            Needs.Python(), Path.Combine(AppContext.BaseDirectory, "Lifecycle", "backend.py"), Port.ToString(CultureInfo.InvariantCulture),
            .. switches.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        ];
        options["Command"] = new JsonArray([.. command.Select(static part => JsonValue.Create(part))]);
        var whole = JsonNode.Parse(root)!.AsObject();
        whole["Relay"] = new JsonObject
        {
            ["Routes"] = new JsonArray(new JsonObject { ["Path"] = "/app/{**rest}", ["Backend"] = "app", ["StripPrefix"] = true, ["Access"] = "anyone" }),
            ["Backends"] = new JsonObject
            {
                ["app"] = new JsonObject
                {
                    ["Urls"] = new JsonArray(JsonValue.Create(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{Port}"))),
                    ["Process"] = options,
                },
            },
        };
        return whole.ToJsonString();
    }
}
