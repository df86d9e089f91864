using System.Net;
using System.Text;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace LisaOrleans.Api.Tests;

public sealed class FileUploadTests
{
    private const string Boundary = "b";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadAsync_folder_that_cannot_be_written_is_said_plainly()
    {
        // Nobody makes files there, not even root.
        const string Folder = "/sys";
        Assert.SkipUnless(Directory.Exists(Folder), "no /sys");
        var context = Context(Upload());
        context.Request.Method = HttpMethods.Post;
        context.Response.Body = new MemoryStream();
        var middleware = new ApiErrorMiddleware(
            async c => (await FileUpload.ReadAsync(c, 1000, Folder)).Dispose(), NullLogger<ApiErrorMiddleware>.Instance);
        await middleware.InvokeAsync(context);
        Assert.Equal(StatusCodes.Status507InsufficientStorage, context.Response.StatusCode);
        var answer = JsonElement.Parse(((MemoryStream)context.Response.Body).ToArray()).GetProperty("error");
        Assert.Contains("the folder for temporary files (TMPDIR): ", answer.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("storage_refused", answer.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Content_of_an_empty_file_is_sent()
    {
        using var folder = new TempFolder();
        var store = new FolderBlobStore(folder.Root);
        await using var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions { Store = store, HttpPort = 0, Http = new ApiServer(new ApiServerOptions()) }, Token);
        using var http = new HttpClient { BaseAddress = silo.HttpAddress };
        using var content = new MultipartFormDataContent
        {
            { new ByteArrayContent([]), "file", "none.txt" }, { new StringContent("user_data"), "purpose" },
        };
        using var uploaded = await http.PostAsync(new Uri("v1/files", UriKind.Relative), content, Token);
        var id = JsonElement.Parse(await uploaded.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Token)).GetProperty("id").GetString();
        using var answer = await http.GetAsync(new Uri($"v1/files/{id}/content", UriKind.Relative), Token);
        Assert.Equal((HttpStatusCode.OK, 0L), (answer.StatusCode, answer.Content.Headers.ContentLength));
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync(Token));
    }

    [Fact]
    public async Task InvokeAsync_answer_that_fails_before_it_begins_is_sent_as_the_error_that_it_is()
    {
        var context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
        var middleware = new ApiErrorMiddleware(
            c =>
            {
                c.Response.ContentLength = 7;
                c.Response.Headers.ContentDisposition = "attachment";
                c.Response.Headers.RetryAfter = "1";
                throw new IOException("gone");
            },
            NullLogger<ApiErrorMiddleware>.Instance);
        await middleware.InvokeAsync(context);
        Assert.Equal(StatusCodes.Status503ServiceUnavailable, context.Response.StatusCode);
        Assert.Null(context.Response.ContentLength);
        Assert.Equal("", context.Response.Headers.ContentDisposition.ToString());
        Assert.Equal("1", context.Response.Headers.RetryAfter.ToString());
    }

    [Theory]
    [InlineData("created_at", "3600", 3600)]
    [InlineData("created_at", "2592000", 2592000)]
    public async Task ReadAsync_expires_after_is_the_files_lifetime(string anchor, string seconds, int expected)
    {
        using var upload = await FileUpload.ReadAsync(Context(Upload(("expires_after[anchor]", anchor), ("expires_after[seconds]", seconds))), 1000);
        Assert.Equal(TimeSpan.FromSeconds(expected), upload.Lifetime);
    }

    [Theory]
    [InlineData("expires_after[seconds]", "expires_after[anchor]=created_at")]
    [InlineData("expires_after[anchor]", "expires_after[seconds]=3600")]
    [InlineData("expires_after[anchor]", "expires_after[anchor]=now", "expires_after[seconds]=3600")]
    [InlineData("expires_after[seconds]", "expires_after[anchor]=created_at", "expires_after[seconds]=3599")]
    [InlineData("expires_after[seconds]", "expires_after[anchor]=created_at", "expires_after[seconds]=2592001")]
    [InlineData("expires_after[seconds]", "expires_after[anchor]=created_at", "expires_after[seconds]=1e9")]
    [InlineData("expires_after[anchor]", "expires_after[anchor]=created_at", "expires_after[anchor]=created_at", "expires_after[seconds]=3600")]
    [InlineData("expires_after", "expires_after=3600")]
    public async Task ReadAsync_wrong_expires_after_is_refused(string param, params string[] fields)
    {
        var parts = fields.Select(f => f.Split('=')).Select(f => (f[0], f[1])).ToArray();
        var error = await Assert.ThrowsAsync<ApiException>(() => FileUpload.ReadAsync(Context(Upload(parts)), 1000));
        Assert.Equal((400, param), (error.Status, error.Param));
    }

    private static DefaultHttpContext Context(string body)
    {
        var context = new DefaultHttpContext();
        context.Request.ContentType = $"multipart/form-data; boundary={Boundary}";
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
        return context;
    }

    private static string Upload(params (string Name, string Value)[] fields) => string.Concat(
        fields.Append(("purpose", "fine-tune")).Select(f => Part($"name=\"{f.Item1}\"", f.Item2)))
        + Part("name=\"file\"; filename=\"d.jsonl\"", "{\"text\": \"a\"}\n") + $"--{Boundary}--\r\n";

    private static string Part(string disposition, string value) =>
        $"--{Boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{value}\r\n";
}
