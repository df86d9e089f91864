namespace LisaOrleans.Checkpoints;

/// <summary>
/// Where the server of an <c>s3://</c> store is. Credentials come from the environment, a profile or the machine's role, as
/// everywhere with AWS; they are no option.
/// </summary>
public sealed record S3Options
{
    /// <value>
    /// <c>http://HOST:PORT</c> or <c>https://…</c> of a server other than AWS; buckets are then part of the path. Default null: AWS,
    /// unless AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile names one.
    /// </value>
    public string? Endpoint { get; init; }

    /// <value>The bucket's region. Default null: AWS_REGION or the profile's; <c>us-east-1</c> where there is an endpoint.</value>
    public string? Region { get; init; }
}
