using System.Text.Json.Nodes;

namespace Causeway.Http;

/// <summary>What is wrong with the parameters of a list, all of it at once.</summary>
internal sealed class ListErrors
{
    private const int MostTold = 100;

    private readonly JsonObject _fields = [];

    public bool Any => _fields.Count > 0;

    /// <summary>Notes the first thing that is wrong with a parameter; what is wrong with very many is told of the first.</summary>
    public void Add(string parameter, string rule)
    {
        if (_fields.Count < MostTold)
        {
            _fields.TryAdd(parameter, rule);
        }
    }

    /// <exception cref="ApiErrorException">Something is wrong: 422, naming each parameter.</exception>
    public void ThrowIfAny()
    {
        if (!Any)
        {
            return;
        }

        var (name, rule) = _fields.First();
        throw new ApiErrorException(new ApiError(ErrorCode.ValidationError, $"The parameter '{name}' {rule}.")
        {
            Details = new JsonObject { ["fields"] = _fields.DeepClone() },
        });
    }
}
