namespace Causeway.Server;

/// <summary>Lists that a job writes into files, and files that a job reads into lists.</summary>
internal static class TransferEndpoints
{
    private const string Job = "The job.";

    public static void MapTransferEndpoints(this RouteGroupBuilder api)
    {
        api.MapPost("/exports", CreateExport.HandleAsync).WithTags("Transfers")
            .WithName("createExport").WithSummary("Have a job write a list into a file of the caller's, with the order and the filters of the list's own export.")
            .Needs(AccessRule.Credential).TakesIdempotencyKey().Answers<CreateExport.ExportResponse>(202).Sends(202, "Location", Job);
        api.MapPost("/imports", CreateImport.HandleAsync).WithTags("Transfers")
            .WithName("createImport").WithSummary("Have a job read an uploaded CSV file into a list; its report is a file of the caller's. Needs what the list's own import needs.")
            .Needs(AccessRule.Credential).TakesIdempotencyKey().Answers<CreateImport.ImportResponse>(202).Sends(202, "Location", Job);
    }
}
