using System.Text.RegularExpressions;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// What people write for a store: a folder, a bucket of S3, a container's URL, or a connection string. Nothing else is taken for a
/// folder.
/// </summary>
public static partial class StoreLocation
{
    private const string Wanted =
        "a store is a folder, s3://BUCKET/PREFIX, the URL of a container in Azure Blob Storage (https://…), or an Azure Storage connection "
        + "string";

    private static readonly string[] s_connectionFields =
        ["AccountName=", "AccountKey=", "BlobEndpoint=", "SharedAccessSignature=", "DefaultEndpointsProtocol=", "UseDevelopmentStorage="];

    /// <summary>Whether a location is a folder; otherwise it means S3 or Azure Blob Storage.</summary>
    /// <param name="location">As it was written.</param>
    /// <exception cref="StoreLocationException">It is none of these. The message does not repeat it: it may hold a key.</exception>
    public static bool IsFolder(string location)
    {
        if (S3Location.IsOne(location))
        {
            S3Location.Parse(location);
            return false;
        }

        if (IsAzure(location)) return false;

        // One letter before the colon is a drive.
        if (Scheme().Match(location) is { Success: true } scheme)
            throw new StoreLocationException($"'{scheme.Value}…' is not supported; {Wanted}");
        if (Signature().IsMatch(location)) throw new StoreLocationException($"the location looks like a URL without https://; {Wanted}");
        return true;
    }

    /// <summary>Whether a location means a bucket of S3.</summary>
    public static bool IsS3(string location) => S3Location.IsOne(location);

    /// <summary>
    /// Whether a text is the address of something on another machine, in whatever form, and so no path on this one: it may hold a key,
    /// which must not become a folder's name.
    /// </summary>
    public static bool IsAddress(string text) =>
        S3Location.IsOne(text) || IsAzure(text) || Address().IsMatch(text) || Signature().IsMatch(text);

    internal static bool IsUrl(string location) =>
        location.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || location.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    private static bool IsAzure(string location) =>
        IsUrl(location) || s_connectionFields.Any(f => location.Contains(f, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]+:/*(?=.)")]
    private static partial Regex Scheme();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]+://")]
    private static partial Regex Address();

    [GeneratedRegex("[?&]sig=", RegexOptions.IgnoreCase)]
    private static partial Regex Signature();
}
