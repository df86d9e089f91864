using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace LisaOrleans;

/// <summary>The limits of a number, and how they are said.</summary>
internal sealed class SettingRange(RangeAttribute range)
{
    private readonly double _low = Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture);
    private readonly double _high = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);

    public bool Contains(double value) =>
        (range.MinimumIsExclusive ? value > _low : value >= _low) && (range.MaximumIsExclusive ? value < _high : value <= _high);

    /// <summary>To follow "a number".</summary>
    public override string ToString()
    {
        var (low, high) = (SettingText.Format(range.Minimum), SettingText.Format(range.Maximum));
        if (range.MaximumIsExclusive) return $"of at least {low} and below {high}";
        if (_high < double.MaxValue) return $"from {low} to {high}";
        return range.MinimumIsExclusive ? $"above {low}" : $"of at least {low}";
    }
}
