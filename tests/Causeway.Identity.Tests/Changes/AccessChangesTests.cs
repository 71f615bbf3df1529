using Causeway.Testing;
using Microsoft.Extensions.Logging;

namespace Causeway.Identity.Tests;

public sealed class AccessChangesTests
{
    [Fact]
    public void Raise_SubscriberThrows_TellsTheOthersAndLogs()
    {
        using var logs = new LogProbe();
        using var factory = logs.CreateFactory();
        var changes = new AccessChanges(factory.CreateLogger<AccessChanges>());
        var heard = new List<AccessChange>();
        using var first = changes.Subscribe(static _ => throw new InvalidOperationException("on purpose"));
        using var second = changes.Subscribe(heard.Add);

        changes.Raise(new AccessChange(AccessChangeKind.User, "ada"));

        Assert.Equal([new AccessChange(AccessChangeKind.User, "ada")], heard);
        Assert.Single(logs.Named("SubscriberFailed"));
    }

    [Fact]
    public void Dispose_Subscription_HearsNoMore()
    {
        using var factory = LoggerFactory.Create(static _ => { });
        var changes = new AccessChanges(factory.CreateLogger<AccessChanges>());
        var heard = 0;
        var subscription = changes.Subscribe(_ => heard++);
        changes.Raise(new AccessChange(AccessChangeKind.Role));

        subscription.Dispose();
        changes.Raise(new AccessChange(AccessChangeKind.Role));

        Assert.Equal(1, heard);
    }
}
