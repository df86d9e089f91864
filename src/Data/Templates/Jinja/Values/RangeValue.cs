namespace LisaOrleans.Data.Jinja;

/// <summary>Python's range. It is never as long as the sandbox's 100,000.</summary>
internal sealed class RangeValue(long start, long stop, long step) : JinjaValue
{
    public const int Longest = 100_000;

    public long Start => start;

    public long Stop => stop;

    public long Step => step;

    public override string TypeName => "range";

    public override bool IsTrue => Length > 0;

    public override int? Count => (int)Length;

    public long Length { get; } = (long)Int128.Max(0, step > 0
        ? ((Int128)stop - start + step - 1) / step
        : ((Int128)start - stop - step - 1) / -(Int128)step);

    public JinjaValue At(long index) => Of(start + (index * step));

    public override IEnumerable<JinjaValue> Items(RenderState state)
    {
        for (var i = 0; i < Length; i++) yield return At(i);
    }
}
