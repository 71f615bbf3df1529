namespace Causeway.Server;

/// <summary>The service itself: at one glance, and its configuration.</summary>
internal static class OverviewEndpoints
{
    public static void MapOverviewEndpoints(this RouteGroupBuilder api)
    {
        var service = api.MapGroup("").WithTags("Service");

        service.MapGet("/overview", GetOverview.HandleAsync)
            .WithName("getOverview").WithSummary("Totals since the start and levels now.")
            .Needs(AccessRule.Operator("overview:read")).Answers<GetOverview.Overview>(200);
        service.MapGet("/config", ShowConfiguration.Handle)
            .WithName("showConfiguration").WithSummary("The configuration in force, secrets masked, and where each value comes from.")
            .Needs(AccessRule.Operator("config:read")).Answers<ShowConfiguration.ConfigurationResponse>(200);
    }
}
