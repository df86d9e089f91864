using System.Security.Cryptography;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace LisaOrleans.Api;

/// <summary>
/// Reads a multipart upload as it streams in, up to a limit: into a temporary file, hashed and checked on the way.
/// </summary>
internal static class FileUpload
{
    private const int LongestField = 256;
    private const int LongestName = 255;
    private const int LongestBoundary = 70;
    private const long Overhead = 64 << 10;

    /// <summary>Reads fields <c>file</c>, <c>purpose</c> and <c>expires_after</c>, in any order; the caller owns the result.</summary>
    /// <param name="context">The request.</param>
    /// <param name="maxBytes">The largest file.</param>
    /// <param name="folder">Where to put it; null (default) for the folder for temporary files.</param>
    /// <exception cref="ApiException">The request is wrong or too large.</exception>
    /// <exception cref="StoreRefusedException">There is no room for the file here.</exception>
    public static async Task<UploadedFile> ReadAsync(HttpContext context, long maxBytes, string? folder = null)
    {
        var reader = new MultipartReader(Boundary(context.Request), context.Request.Body) { BodyLengthLimit = maxBytes + Overhead };
        RequestBodies.Unlimit(context);
        if (context.Request.ContentLength > maxBytes + Overhead) throw TooLarge(maxBytes);

        var path = Path.Combine(folder ?? Path.GetTempPath(), $"lisa-upload-{Guid.NewGuid():N}");
        var upload = new UploadedFile(path);
        JsonLinesResult? lines = null;
        try
        {
            var (seenFile, seenPurpose) = (false, false);
            var expiry = new FileExpiry();
            while (await Reading(reader.ReadNextSectionAsync(context.RequestAborted)) is { } section)
            {
                var name = ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
                    ? HeaderUtilities.RemoveQuotes(disposition.Name).ToString()
                    : "";
                switch (name)
                {
                    case "file" when !seenFile:
                        seenFile = true;
                        upload.Filename = CleanName(
                            (disposition!.FileNameStar.HasValue
                                ? disposition.FileNameStar
                                : HeaderUtilities.RemoveQuotes(disposition.FileName)).ToString());
                        lines = await SaveAsync(section.Body, path, upload, maxBytes, context.RequestAborted);
                        break;

                    case "purpose" when !seenPurpose:
                        seenPurpose = true;
                        upload.Purpose = await ReadFieldAsync(section.Body, context.RequestAborted);
                        break;

                    case FileExpiry.Anchor or FileExpiry.Seconds when expiry.Add(name, await ReadFieldAsync(section.Body, context.RequestAborted)):
                        break;

                    case "file" or "purpose" or FileExpiry.Anchor or FileExpiry.Seconds:
                        throw ApiException.Invalid($"'{name}' is given more than once.", name, "invalid_value");

                    default:
                        throw ApiException.Invalid(
                            $"Unrecognized request argument supplied: {ApiText.Shorten(name)}", ApiText.Shorten(name), "unknown_parameter");
                }
            }

            Check(upload, seenFile, seenPurpose, lines);
            upload.Lifetime = expiry.Lifetime();
            return upload;
        }
        catch (Exception e)
        {
            upload.Dispose();
            if (e is not ApiException && StoreRefusal.Find(e, "the folder for temporary files (TMPDIR)") is { } refusal) throw refusal;
            throw;
        }
    }

    private static void Check(UploadedFile upload, bool seenFile, bool seenPurpose, JsonLinesResult? lines)
    {
        if (!seenFile) throw ApiException.Invalid("'file' is a required property", "file", "missing_required_parameter");
        if (!seenPurpose) throw ApiException.Invalid("'purpose' is a required property", "purpose", "missing_required_parameter");
        if (!FilePurposes.All.Contains(upload.Purpose))
        {
            throw ApiException.Invalid(
                $"'{ApiText.Shorten(upload.Purpose)}' is not one of ['{string.Join("', '", FilePurposes.All)}'] - 'purpose'",
                "purpose", "invalid_value");
        }

        if (upload.Purpose == FilePurposes.FineTune && lines?.Problem is { } problem)
            throw ApiException.Invalid($"Invalid file format for Fine-Tuning API. Must be .jsonl: {problem}", "file", "invalid_jsonl");
    }

    // The purpose may come after the file, so it is known only at the end whether the lines matter.
    private static async Task<JsonLinesResult> SaveAsync(
        Stream body, string path, UploadedFile upload, long maxBytes, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var file = new FileStream(path, options);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var checker = new JsonLinesChecker();
        string? problem = null;
        var buffer = new byte[1 << 16];
        while (await Reading(body.ReadAsync(buffer, cancellationToken).AsTask()) is > 0 and var count)
        {
            upload.Bytes += count;
            if (upload.Bytes > maxBytes) throw TooLarge(maxBytes);
            hash.AppendData(buffer, 0, count);
            problem ??= Problem(() => checker.Add(buffer.AsSpan(0, count)));
            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        problem ??= Problem(checker.Complete);
        upload.Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        return new JsonLinesResult(problem);
    }

    private static string? Problem(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (DatasetException e)
        {
            return e.Message;
        }
    }

    private static async Task<string> ReadFieldAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestField];
        var count = await Reading(body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).AsTask());
        return System.Text.Encoding.UTF8.GetString(buffer, 0, count);
    }

    private static string Boundary(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            throw ApiException.Invalid("The request's content type must be multipart/form-data.");
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        return boundary.Length is > 0 and <= LongestBoundary
            ? boundary
            : throw ApiException.Invalid("The multipart boundary is missing or too long.");
    }

    // If reading a caller's bytes fails, it is the request's fault, not the disk's.
    private static async Task<T> Reading<T>(Task<T> read)
    {
        try
        {
            return await read;
        }
        catch (Exception e) when (e is InvalidDataException || (e is IOException and not BadHttpRequestException))
        {
            var problem = e is InvalidDataException ? "the headers of a part are too long" : "it ends before its last boundary";
            throw ApiException.Invalid($"The multipart body is malformed: {problem}.");
        }
    }

    // The name is shown to people and in a header; it never becomes a path.
    private static string CleanName(string name)
    {
        var clean = new string([.. name.Split('/', '\\')[^1].Where(c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(LongestName)]).Trim();
        return clean.Length > 0 ? clean : "file";
    }

    private static ApiException TooLarge(long maxBytes) =>
        new(StatusCodes.Status413PayloadTooLarge, $"The file is too large: at most {maxBytes} bytes are allowed.", "file_too_large", "file");

    private sealed record JsonLinesResult(string? Problem);
}
