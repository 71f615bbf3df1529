namespace Causeway.Http;

/// <summary>Sets room aside for an upload, before its bytes are taken.</summary>
/// <param name="totalBytes">What the upload may come to as far as is known: the whole where its length is known, else a step more than came.</param>
/// <param name="cancellationToken">Stops waiting.</param>
/// <returns>How much of it is granted in total; less than was asked for means that no more can be had.</returns>
public delegate ValueTask<long> UploadQuota(long totalBytes, CancellationToken cancellationToken);
