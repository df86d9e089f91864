using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Api.Tests;

/// <summary>A wrong parameter of a query is one error that names it; nothing that is written there is passed over without a word.</summary>
public sealed class ApiQueryTests
{
    [Theory]
    [InlineData("?limit=abc", "limit", "Invalid value for 'limit': must be a whole number from 1 to 100.")]
    [InlineData("?limit=0", "limit", "Invalid value for 'limit': must be a whole number from 1 to 100.")]
    [InlineData("?limit=99999999999999999999", "limit", "Invalid value for 'limit': must be a whole number from 1 to 100.")]
    [InlineData("?limit=1&limit=2", "limit", "'limit' is given more than once.")]
    [InlineData("?limit=1&LIMIT=2", "limit", "'limit' is given more than once.")]
    [InlineData("?order=up", "order", "Invalid value for 'order': must be asc or desc.")]
    [InlineData("?limt=5", "limt", "Unknown parameter: 'limt'; did you mean 'limit'?")]
    [InlineData("?before=a", "before", "Unknown parameter: 'before'; the query takes after, limit, order, purpose, metadata[KEY].")]
    [InlineData("?metadata[a=1", "metadata[a", "Unknown parameter: 'metadata[a'; did you mean 'metadata[KEY]'?")]
    public void From_wrong_query_is_named(string query, string param, string message)
    {
        var e = Assert.Throws<ApiException>(() => ApiPage.From(Request(query), 20, 100, "purpose", "metadata[]"));
        Assert.Equal((400, param, message), (e.Status, e.Param, e.Message));
    }

    [Theory]
    [InlineData("", null, 20, false)]
    [InlineData("?limit=&after=&order=", null, 20, false)]
    [InlineData("?api-version=2025-03-01-preview", null, 20, false)]
    [InlineData("?limit=100&after=a&order=asc&purpose=x&metadata[k]=v", "a", 100, true)]
    public void From_right_query_is_read(string query, string? after, int limit, bool ascending) =>
        Assert.Equal(new ApiPage(after, limit, ascending), ApiPage.From(Request(query), 20, 100, "purpose", "metadata[]"));

    private static HttpRequest Request(string query)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new QueryString(query);
        return request;
    }
}
