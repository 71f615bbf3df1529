using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Hosting.Tests.Metrics;

public sealed class PrometheusNameTests
{
    [Theory]
    [InlineData("http.server.request.duration", "s", "http_server_request_duration_seconds")]
    [InlineData("request_seconds", "s", "request_seconds")]
    [InlineData("process.size", "By", "process_size_bytes")]
    [InlineData("queue", "{item}", "queue")]
    [InlineData("speed", "By/s", "speed_bytes_per_second")]
    [InlineData("rate", "{request}/min", "rate_per_minute")]
    [InlineData("load", "%", "load_percent")]
    [InlineData("odd", "furlong", "odd_furlong")]
    [InlineData("a..b--c", null, "a_b_c")]
    [InlineData("9lives", "", "_9lives")]
    [InlineData("straße", null, "stra_e")]
    public void OfMetric_Histogram_FollowsOpenTelemetry(string instrument, string? unit, string expected) =>
        Assert.Equal(expected, PrometheusName.OfMetric(instrument, unit, isCounter: false, isGauge: false));

    [Theory]
    [InlineData("requests", null, "requests_total")]
    [InlineData("requests_total", null, "requests_total")]
    [InlineData("sent", "By", "sent_bytes_total")]
    [InlineData("sent_bytes", "By", "sent_bytes_total")]
    [InlineData("sent.total", "By", "sent_bytes_total")]
    [InlineData("n", "1", "n_total")]
    public void OfMetric_Counter_EndsInTotal(string instrument, string? unit, string expected) =>
        Assert.Equal(expected, PrometheusName.OfMetric(instrument, unit, isCounter: true, isGauge: false));

    [Fact]
    public void OfMetric_GaugeOfOne_IsARatio() => Assert.Equal("used_ratio", PrometheusName.OfMetric("used", "1", isCounter: false, isGauge: true));

    [Theory]
    [InlineData("http.route", "http_route")]
    [InlineData("le", "tag_le")]
    [InlineData("__name__", "tag_name__")]
    [InlineData("1st", "_1st")]
    public void OfLabel_Tag_IsALegalName(string tag, string expected) => Assert.Equal(expected, PrometheusName.OfLabel(tag));

    [Fact]
    public void Labels_AnyTags_ComeBack()
    {
        Prop.ForAll<NonNull<string>, NonNull<string>>(static (tag, value) =>
        {
            var labels = PrometheusText.Labels([new(tag.Get, value.Get), new("second", "\\\"\n" + value.Get)]);
            if (labels.Contains('\n'))
            {
                return false;
            }

            var sample = StrictPrometheusParser.ParseSample($"m{{{labels}}} 1");
            var name = PrometheusName.OfLabel(tag.Get);
            return name == "second" || (sample.Labels[name] == value.Get && sample.Labels["second"] == "\\\"\n" + value.Get);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Labels_TagsOfTheSameName_AreJoined() =>
        Assert.Equal("a_b=\"1;2\",c=\"\"", PrometheusText.Labels([new("a.b", 1), new("c", null), new("a_b", 2)]));

    [Theory]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(0.1, "0.1")]
    [InlineData(1e21, "1E+21")]
    public void Number_Any_IsAsPrometheusReadsIt(double value, string expected) => Assert.Equal(expected, PrometheusText.Number(value));
}
