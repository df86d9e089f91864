using Microsoft.Extensions.Time.Testing;

namespace LisaOrleans.Dashboard.Tests;

/// <summary>A grain that does not answer is not asked more and more.</summary>
public sealed class OpenQuestionTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Ask_question_that_is_open_is_not_asked_again()
    {
        var time = new FakeTimeProvider();
        var question = new OpenQuestion<int>(time);
        var asked = new List<TaskCompletionSource<int>>();
        var first = AskAsync("a");
        time.Advance(s_patience);
        await Assert.ThrowsAsync<TimeoutException>(() => first);
        var second = AskAsync("a");
        Assert.Single(asked).SetResult(1);
        Assert.Equal(1, await second);

        // Another question, and the same after its answer, are asked.
        var third = AskAsync("a");
        time.Advance(s_patience);
        await Assert.ThrowsAsync<TimeoutException>(() => third);
        var fourth = AskAsync("b");
        Assert.Equal(3, asked.Count);
        asked[1].SetResult(2);
        asked[2].SetResult(3);
        Assert.Equal(3, await fourth);

        Task<int> AskAsync(string about) => question.Ask(Ask, s_patience, about);

        Task<int> Ask()
        {
            asked.Add(new());
            return asked[^1].Task;
        }
    }
}
