using Causeway.Http;
using Causeway.Relay;

namespace Causeway.Server;

/// <summary>Lists backends in the order of their names.</summary>
internal static class ListBackends
{
    public static CursorPage<BackendResponse> Handle(PageRequest page, RelayBackends backends)
    {
        var found = CursorPage.From(backends.List(), static backend => backend.Name, page, "backends");
        return new CursorPage<BackendResponse>([.. found.Items.Select(BackendResponse.From)], found.NextCursor, found.HasNext);
    }
}
