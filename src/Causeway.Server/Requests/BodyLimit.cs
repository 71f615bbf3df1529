using Microsoft.AspNetCore.Http.Metadata;

namespace Causeway.Server;

/// <summary>The largest body an endpoint takes; routing hands it to Kestrel.</summary>
internal sealed class BodyLimit(long bytes) : IRequestSizeLimitMetadata
{
    public long? MaxRequestBodySize => bytes;
}
