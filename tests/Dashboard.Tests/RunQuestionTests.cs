using LisaOrleans.Api;
using Microsoft.AspNetCore.Http;

namespace LisaOrleans.Dashboard.Tests;

/// <summary>What a page asks of a run is read strictly.</summary>
public sealed class RunQuestionTests
{
    [Fact]
    public void From_page_that_knows_nothing_or_all_is_understood()
    {
        Assert.Equal(new RunQuestion(null, 0, 0, 0, -1, 0), From(""));
        Assert.Equal(new RunQuestion(null, 0, 0, 0, -1, 0), From("?view=&stride=0&step=0&periodStride=0&period=-1&entry=0"));
        Assert.Equal(new RunQuestion("v", 2, 3, 4, 5, 6), From("?view=v&stride=2&step=3&periodStride=4&period=5&entry=6"));
    }

    [Theory]
    [InlineData("?step=x", "step", "Invalid value for 'step': must be a whole number of at least 0.")]
    [InlineData("?step=1&step=2", "step", "'step' is given more than once.")]
    [InlineData("?steps=1", "steps", "Unknown parameter: 'steps'; did you mean 'step'?")]
    public void From_wrong_query_is_named(string query, string param, string message)
    {
        var e = Assert.Throws<ApiException>(() => From(query));
        Assert.Equal((param, message), (e.Param, e.Message));
    }

    private static RunQuestion From(string query)
    {
        var request = new DefaultHttpContext().Request;
        request.QueryString = new QueryString(query);
        return RunQuestion.From(request);
    }
}
