namespace LisaOrleans.Client.Tests;

public sealed class RedisAddressTests
{
    [Theory]
    [InlineData("redis://cache", "cache", 6379, null, null, false, 0)]
    [InlineData("redis://cache:7000/3", "cache", 7000, null, null, false, 3)]
    [InlineData("redis://:s3cret@10.0.0.4:6380", "10.0.0.4", 6380, null, "s3cret", false, 0)]
    [InlineData("rediss://default:p%40ss%2Fw@cache.example.org:6380/0", "cache.example.org", 6380, "default", "p@ss/w", true, 0)]
    [InlineData("REDISS://lisa:a:b@c,d=e@cache", "cache", 6379, "lisa", "a:b@c,d=e", true, 0)]
    [InlineData("redis://lisa:x@[::1]:6390/", "::1", 6390, "lisa", "x", false, 0)]
    [InlineData("redis://:@cache", "cache", 6379, null, null, false, 0)]
    public void Parse_url_is_read(string url, string host, int port, string? user, string? password, bool tls, int database)
    {
        var address = RedisAddress.Parse(url);
        Assert.Equal(new RedisAddress(host, port, user, password, tls, database), address);
        var options = RedisConfiguration.Parse(url);
        Assert.Equal((user, password, tls, database), (options.User, options.Password, options.Ssl, options.DefaultDatabase));
        Assert.Contains(host, Assert.Single(options.EndPoints).ToString(), StringComparison.Ordinal);
        if (password is not null) Assert.DoesNotContain(password, address!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:6379")]
    [InlineData("10.0.0.4,password=s3cret,ssl=true")]
    [InlineData("a:1,b:2,serviceName=primary")]
    public void Parse_other_forms_are_left_to_StackExchange(string text)
    {
        Assert.Null(RedisAddress.Parse(text));
        Assert.NotEmpty(RedisConfiguration.Parse(text).EndPoints);
    }

    [Theory]
    [InlineData("cache:6380,password=s3cret", "Redis at cache:6380")]
    [InlineData("rediss://:s3cret@cache", "Redis at cache:6379")]
    [InlineData("10.0.0.4,b:2", "Redis at 10.0.0.4:6379,b:2")]
    public void Place_is_what_was_written_without_its_secret(string redis, string place) =>
        Assert.Equal(place, new ClientMembership(new LisaClientOptions { Redis = redis }).Place);

    [Theory]
    [InlineData("redis://cache:6379,password=s3cret", "port")]
    [InlineData("redis://cache:x", "port")]
    [InlineData("redis://cache:0", "port")]
    [InlineData("redis://cache:70000", "port")]
    [InlineData("redis://s3cret@cache", "before the '@'")]
    [InlineData("redis://:s3cret@", "host")]
    [InlineData("redis://:s3cret@bad host", "host")]
    [InlineData("redis://", "host")]
    [InlineData("redis://cache/db", "database")]
    [InlineData("redis://cache/0?ssl=s3cret", "database")]
    [InlineData("http://:s3cret@cache", "'http://…'")]
    [InlineData("s3cret/x://cache", "not a Redis address")]
    public void Parse_wrong_url_is_refused_without_its_secret(string url, string says)
    {
        var e = Assert.Throws<FormatException>(() => RedisAddress.Parse(url));
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cache:6379,pasword=s3cret")]
    [InlineData("cache:6379,password=a,s3cret=b")]
    [InlineData("password=s3cret")]
    public void Parse_wrong_configuration_is_refused_without_its_secret(string text)
    {
        var e = Assert.Throws<FormatException>(() => RedisConfiguration.Parse(text));
        Assert.Contains("must be HOST:PORT", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", e.ToString(), StringComparison.Ordinal);
    }
}
