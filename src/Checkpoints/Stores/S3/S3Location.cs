using System.Text.RegularExpressions;

namespace LisaOrleans.Checkpoints;

/// <summary>A bucket, and the folder in it that a store has for itself.</summary>
/// <param name="Bucket">The bucket's name.</param>
/// <param name="Prefix">What all keys begin with: empty, or names that each end with a slash.</param>
internal sealed partial record S3Location(string Bucket, string Prefix)
{
    private const string Scheme = "s3://";

    /// <summary>Whether a location is meant for S3.</summary>
    public static bool IsOne(string location) => location.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads <c>s3://BUCKET/PREFIX</c>.</summary>
    /// <exception cref="StoreLocationException">It is wrong. The message does not repeat it: people put keys into such addresses.</exception>
    public static S3Location Parse(string location)
    {
        var rest = location[Scheme.Length..];
        if (rest.Contains('@', StringComparison.Ordinal))
            throw new StoreLocationException("an s3:// address holds no keys; they come from the environment, a profile or the machine's role");
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (bucket, prefix) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..].TrimEnd('/'));
        if (!BucketName().IsMatch(bucket) || !IsPrefix(prefix))
        {
            throw new StoreLocationException(
                "an s3:// address must be s3://BUCKET or s3://BUCKET/PREFIX: the bucket of 3 to 63 lower-case letters, digits, dots and "
                + "hyphens, the prefix of names of letters, digits, dots, underscores and hyphens, with slashes between");
        }

        return new S3Location(bucket, prefix.Length == 0 ? "" : prefix + "/");
    }

    /// <summary>As people write it.</summary>
    public override string ToString() => $"{Scheme}{Bucket}/{Prefix}".TrimEnd('/');

    private static bool IsPrefix(string prefix) => prefix.Length == 0 || DocumentPath.IsOne(prefix);

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z")]
    private static partial Regex BucketName();
}
