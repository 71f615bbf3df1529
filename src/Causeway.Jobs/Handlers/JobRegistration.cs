using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace Causeway.Jobs;

/// <summary>A kind of job as it was added.</summary>
internal abstract class JobRegistration(string kind, Type argsType, JobKindOptions options)
{
    public string Kind { get; } = kind;

    public Type ArgsType { get; } = argsType;

    public JobKindOptions Options { get; } = options;

    /// <exception cref="JsonException">It is no such JSON.</exception>
    public abstract object Decode(string args, JsonSerializerOptions json);

    public abstract Task<JobOutcome> RunAsync(IServiceProvider services, object args, JobContext context, CancellationToken cancellationToken);
}

/// <inheritdoc/>
internal sealed class JobRegistration<TArgs, THandler>(string kind, JobKindOptions options) : JobRegistration(kind, typeof(TArgs), options)
    where TArgs : notnull
    where THandler : class, IJobHandler<TArgs>
{
    public override object Decode(string args, JsonSerializerOptions json) =>
        JsonSerializer.Deserialize<TArgs>(args, json) ?? throw new JsonException("The arguments are null.");

    public override Task<JobOutcome> RunAsync(IServiceProvider services, object args, JobContext context, CancellationToken cancellationToken) =>
        services.GetRequiredService<THandler>().RunAsync((TArgs)args, context, cancellationToken);
}
