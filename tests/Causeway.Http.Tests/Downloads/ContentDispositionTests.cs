using System.Net.Http.Headers;
using FsCheck;
using FsCheck.Fluent;

namespace Causeway.Http.Tests;

/// <summary>C3, C4: names of files go out as RFC 6266 and RFC 8187 say, and come in as nothing that could lead anywhere.</summary>
public sealed class ContentDispositionTests
{
    [Theory]
    [InlineData("report.pdf", "attachment; filename=\"report.pdf\"")]
    [InlineData("my report (2).pdf", "attachment; filename=\"my report (2).pdf\"")]
    [InlineData("größe.txt", "attachment; filename=\"gr__e.txt\"; filename*=UTF-8''gr%C3%B6%C3%9Fe.txt")]
    [InlineData("50%.txt", "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt")]
    [InlineData("日本語.csv", "attachment; filename=\"___.csv\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E.csv")]
    [InlineData("😀.png", "attachment; filename=\"_.png\"; filename*=UTF-8''%F0%9F%98%80.png")]
    [InlineData("a\"b\r\nSet-Cookie: x=1.txt", "attachment; filename=\"a_b__Set-Cookie_ x=1.txt\"")]
    public void Attachment_Name_IsWrittenSafely(string name, string value) => Assert.Equal(value, ContentDisposition.Attachment(name));

    [Theory]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("..\\..\\boot.ini", "boot.ini")]
    [InlineData("/etc/passwd", "passwd")]
    [InlineData("C:\\x\\y.txt", "y.txt")]
    [InlineData("C:y.txt", "C_y.txt")]
    [InlineData("..", "file")]
    [InlineData(".", "file")]
    [InlineData("", "file")]
    [InlineData(null, "file")]
    [InlineData("a/", "file")]
    [InlineData("a\0b", "a_b")]
    [InlineData("evil\u202Egpj.exe", "evil_gpj.exe")]
    [InlineData("CON", "_CON")]
    [InlineData("nul.txt", "_nul.txt")]
    [InlineData("COM1.log", "_COM1.log")]
    [InlineData("COM10.log", "COM10.log")]
    [InlineData("name. . .", "name")]
    [InlineData("  a b  ", "a b")]
    [InlineData(".htaccess", ".htaccess")]
    [InlineData("👨\u200D👩\u200D👧.png", "👨\u200D👩\u200D👧.png")]
    public void CleanName_WhatAClientSends_IsANameAndNothingElse(string? name, string clean) => Assert.Equal(clean, ContentDisposition.CleanName(name));

    [Fact]
    public void CleanName_TooLong_IsCutBeforeItsEnding()
    {
        var name = ContentDisposition.CleanName(new string('ü', 500) + ".docx");

        Assert.Equal(ContentDisposition.MaxNameLength, name.Length);
        Assert.EndsWith("ü.docx", name, StringComparison.Ordinal);
    }

    [Fact]
    public void Attachment_AnyName_IsReadAsTheCleanOneByAnother() => Prop.ForAll<string>(static name =>
    {
        var value = ContentDisposition.Attachment(name ?? "");
        Assert.DoesNotContain(value, static c => c is < ' ' or > '~');
        var parsed = ContentDispositionHeaderValue.Parse(value);
        var clean = ContentDisposition.CleanName(name);
        Assert.Equal(clean, parsed.FileNameStar ?? parsed.FileName!.Trim('"'));
        Assert.Equal(clean, ContentDisposition.CleanName(clean));
        Assert.Equal(clean, ContentDisposition.FileNameOf(value));
        Assert.DoesNotContain(clean, static c => c is '/' or '\\' or '\0' or '\r' or '\n' or '"');
    }).QuickCheckThrowOnFailure();
}
