using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Hosting.Tests.Configuration;

public sealed class DotEnvFileTests
{
    [Theory]
    [InlineData("A=1", "A", "1")]
    [InlineData("  A = 1  ", "A", "1")]
    [InlineData("export A=1", "A", "1")]
    [InlineData("A=", "A", "")]
    [InlineData("A=# nothing", "A", "")]
    [InlineData("A=one two # three", "A", "one two")]
    [InlineData("A=http://x/#top", "A", "http://x/#top")]
    [InlineData("A=a=b=c", "A", "a=b=c")]
    [InlineData("A='  as $is \\n '", "A", "  as $is \\n ")]
    [InlineData("A=\"line\\nnext \\\"x\\\" \\\\ \\$y \\z\" # why", "A", "line\nnext \"x\" \\ $y \\z")]
    [InlineData("A=\"#no comment\"", "A", "#no comment")]
    [InlineData("\uFEFFA=1\r", "A", "1")]
    public void Read_Line_GivesKeyAndValue(string text, string key, string value)
    {
        var problems = new List<ConfigurationProblem>();

        var line = Assert.Single(DotEnvFile.Read(text, ".env", problems));

        Assert.Equal((key, value), (line.Key, line.Value));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("no equals sign")]
    [InlineData("=value")]
    [InlineData("1A=x")]
    [InlineData("A B=x")]
    [InlineData("A-B=x")]
    [InlineData("A=\"open")]
    [InlineData("A='open")]
    [InlineData("A='x' y")]
    public void Read_BadLine_SaysWhere(string text)
    {
        var problems = new List<ConfigurationProblem>();

        var lines = DotEnvFile.Read($"OK=1\n\n # comment\n{text}\nALSO=2", ".env", problems);

        Assert.Equal(["OK", "ALSO"], lines.Select(static line => line.Key));
        Assert.Equal((".env", 4), (Assert.Single(problems).Source!.Name, problems[0].Source!.Line));
    }

    [Fact]
    public void Read_AnyQuotedValue_ComesBack()
    {
        Prop.ForAll<NonNull<string>>(static text =>
        {
            var quoted = text.Get
                .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("$", "\\$", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal);
            var problems = new List<ConfigurationProblem>();
            var lines = DotEnvFile.Read($"KEY=\"{quoted}\" # \"comment\"", ".env", problems);
            return problems.Count == 0 && lines is [{ Key: "KEY" } only] && only.Value == text.Get;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Read_AnyText_NeverThrowsAndAccountsForEveryLine()
    {
        Prop.ForAll<NonNull<string>>(static text =>
        {
            var problems = new List<ConfigurationProblem>();
            var lines = DotEnvFile.Read(text.Get, ".env", problems);
            return lines.Count + problems.Count <= text.Get.Split('\n').Length;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }
}
