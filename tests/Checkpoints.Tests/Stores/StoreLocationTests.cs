namespace LisaOrleans.Checkpoints.Tests;

public sealed class StoreLocationTests
{
    [Theory]
    [InlineData("runs")]
    [InlineData("/data/store")]
    [InlineData("../a=b/store")]
    [InlineData("C:/data")]
    [InlineData("C:\\data")]
    [InlineData("design=1")]
    [InlineData("2026-11-28T10:00")]
    public void IsFolder_path_is_one(string location) => Assert.True(StoreLocation.IsFolder(location));

    [Theory]
    [InlineData("https://a.blob.core.windows.net/c")]
    [InlineData("HTTP://127.0.0.1:10000/devstoreaccount1/c?sig=x")]
    [InlineData("UseDevelopmentStorage=true")]
    [InlineData("BlobEndpoint=https://a.example.org/;SharedAccessSignature=sv=1&sig=x")]
    [InlineData("accountname=a;accountkey=x")]
    [InlineData("AccountKey=x")]
    [InlineData("s3://bucket")]
    [InlineData("S3://my.bucket-1/runs/first/")]
    public void IsFolder_address_in_a_cloud_is_none(string location) => Assert.False(StoreLocation.IsFolder(location));

    [Theory]
    [InlineData("s3:/bucket/SECRET", "'s3:/…'")]
    [InlineData("gs://bucket/SECRET", "'gs://…'")]
    [InlineData("abfss://c@a.dfs.core.windows.net/SECRET", "'abfss://…'")]
    [InlineData("az://c/SECRET", "'az://…'")]
    [InlineData("wasbs://SECRET", "'wasbs://…'")]
    [InlineData("file:///SECRET", "'file:///…'")]
    [InlineData("https:/a.blob.core.windows.net/SECRET", "'https:/…'")]
    [InlineData("hf://SECRET", "'hf://…'")]
    [InlineData("a.blob.core.windows.net/c?sv=2024-01-01&sig=SECRET", "without https://")]
    public void IsFolder_other_address_is_refused_without_repeating_it(string location, string says)
    {
        var e = Assert.Throws<StoreLocationException>(() => StoreLocation.IsFolder(location));
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Contains("a store is a folder", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3://")]
    [InlineData("s3:///SECRET")]
    [InlineData("s3://ab/SECRET")]
    [InlineData("s3://Bucket/SECRET")]
    [InlineData("s3://bucket/SECRET//x")]
    [InlineData("s3://bucket/../SECRET")]
    [InlineData("s3://bucket/SECRET?versionId=1")]
    [InlineData("s3://bucket/SECRET here")]
    [InlineData("s3://KEY:SECRET@bucket/x")]
    public void IsFolder_address_that_is_no_bucket_is_refused_without_repeating_it(string location)
    {
        var e = Assert.Throws<StoreLocationException>(() => StoreLocation.IsFolder(location));
        Assert.Contains("an s3:// address", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://a/c?sv=1&sig=SECRET%2B%3D&se=2", "https://a/c?sv=1&sig=***&se=2")]
    [InlineData("AccountName=a;AccountKey=SECRET+/==;BlobEndpoint=x", "AccountName=a;AccountKey=***;BlobEndpoint=x")]
    [InlineData("no such option '--stor=https://a/c?sig=SECRET'", "no such option '--stor=https://a/c?sig=***'")]
    [InlineData("host:6379,password=SECRET,ssl=true", "host:6379,password=***,ssl=true")]
    [InlineData("rediss://user:SECRET@host:6380/0", "rediss://***@host:6380/0")]
    [InlineData("redis://:SEC@RET@host", "redis://***@host")]
    [InlineData(
        "https://b.s3.amazonaws.com/k?X-Amz-Expires=9&X-Amz-Signature=SECRET&X-Amz-Security-Token=SECRET%2F",
        "https://b.s3.amazonaws.com/k?X-Amz-Expires=9&X-Amz-Signature=***&X-Amz-Security-Token=***")]
    [InlineData("nothing of the kind: a@b.c, https://host/x@y", "nothing of the kind: a@b.c, https://host/x@y")]
    public void Apply_secret_is_hidden_and_the_rest_kept(string text, string shown) => Assert.Equal(shown, SecretMask.Apply(text));
}
