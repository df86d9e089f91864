namespace LisaOrleans.Grains;

/// <summary>What wishes lead to.</summary>
internal static class RunWishExtensions
{
    /// <summary>The state of a run with this wish, once it has stopped here.</summary>
    public static RunState ToState(this RunWish wish) => wish switch
    {
        RunWish.Pause => RunState.Paused,
        RunWish.Cancel => RunState.Cancelled,
        _ => RunState.Running,
    };
}
