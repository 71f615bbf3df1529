using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Causeway.Server;

/// <summary>
/// Sends traces and metrics by OTLP, from queues of their own: a collector that is down, slow or gone costs nothing but what it was to get, and the log says so once.
/// </summary>
internal sealed class OtlpExport(ServerSettings settings, TimeProvider time, ILogger<OtlpExport> logger) : IHostedService, IDisposable
{
    /// <summary>What the stop waits for the last of it: on a busy machine the first export alone takes seconds.</summary>
    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(10);

    private readonly TelemetryOptions _options = settings.Telemetry;
    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var resource = ResourceBuilder.CreateEmpty()
            .AddTelemetrySdk()
            .AddService(_options.ServiceName, serviceVersion: ServerApp.Version, serviceInstanceId: Guid.CreateVersion7().ToString())
            .AddAttributes(
            [
                new("host.name", Environment.MachineName),
                new("process.pid", (long)Environment.ProcessId),
                new("deployment.environment.name", settings.Environment),
            ]);
        var ratio = new TraceIdRatioBasedSampler(_options.TraceRatio);
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource("Causeway.*")
            .SetSampler(new ParentBasedSampler(ratio, remoteParentSampled: ratio))
            .AddProcessor(new BatchActivityExportProcessor(new WatchedTraceExporter(Target("/v1/traces"), new ExportWatch("traces", _options.Otlp!, logger))))
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter("Causeway.*", "System.Runtime")
            .AddReader(new PeriodicExportingMetricReader(
                new WatchedMetricExporter(Target("/v1/metrics"), new ExportWatch("metrics", _options.Otlp!, logger)),
                (int)TimeSpan.FromSeconds(_options.MetricsSeconds).TotalMilliseconds,
                (int)RequestLimit.TotalMilliseconds))
            .Build();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        var milliseconds = (int)LastFlush.TotalMilliseconds;
        Task flush = Task.WhenAll(Task.Run(() => _traces?.Shutdown(milliseconds), CancellationToken.None), Task.Run(() => _metrics?.Shutdown(milliseconds), CancellationToken.None));
        await flush.WaitAsync(LastFlush + TimeSpan.FromSeconds(1), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private OtlpExporterOptions Target(string path)
    {
        var isGrpc = _options.OtlpProtocol == OtlpProtocol.Grpc;
        var url = _options.Otlp!.TrimEnd('/');
        return new OtlpExporterOptions
        {
            Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
            Endpoint = new Uri(isGrpc || url.EndsWith(path, StringComparison.Ordinal) ? url : url + path),
            Headers = _options.OtlpHeaders,
            TimeoutMilliseconds = (int)RequestLimit.TotalMilliseconds,
            HttpClientFactory = () => new HttpClient(OutgoingHttp.CreateHandler(time)) { Timeout = RequestLimit },
        };
    }

    /// <summary>Tells once that something is no longer taken, and once that it is again.</summary>
    private sealed class ExportWatch(string what, string target, ILogger logger)
    {
        private bool _fails;

        public ExportResult Told(ExportResult result)
        {
            var fails = result != ExportResult.Success;
            if (fails != _fails)
            {
                _fails = fails;
                if (fails)
                {
                    logger.ExportFails(what, target);
                }
                else
                {
                    logger.ExportWorksAgain(what, target);
                }
            }

            return result;
        }
    }

    private sealed class WatchedTraceExporter(OtlpExporterOptions options, ExportWatch watch) : OtlpTraceExporter(options)
    {
        public override ExportResult Export(in Batch<Activity> activityBatch) => watch.Told(base.Export(activityBatch));
    }

    private sealed class WatchedMetricExporter(OtlpExporterOptions options, ExportWatch watch) : OtlpMetricExporter(options)
    {
        public override ExportResult Export(in Batch<Metric> metrics) => watch.Told(base.Export(metrics));
    }
}
