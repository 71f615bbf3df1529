using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Causeway.Jobs.Tests;

public sealed class EventIdTests
{
    [Fact]
    public void EventIds_AreUniqueAndOurs()
    {
        var ids = typeof(JobClient).Assembly.GetTypes()
            .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>()?.EventId)
            .OfType<int>()
            .ToList();

        Assert.NotEmpty(ids);
        Assert.Empty(ids.GroupBy(static id => id).Where(static group => group.Count() > 1).Select(static group => group.Key));
        Assert.All(ids, static id => Assert.InRange(id, 10_000, 10_999));
    }
}
