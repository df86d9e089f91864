namespace LisaOrleans.Data;

/// <summary>A Jinja template that is wrong, that uses what is not supported, or that cannot be rendered with the values given.</summary>
/// <param name="problem">What is wrong.</param>
/// <param name="line">Line of the template, from 1; 0 where there is none.</param>
public class JinjaException(string problem, int line) : Exception(line > 0 ? $"line {line}: {problem}" : problem)
{
    /// <summary>Line of the template, from 1; 0 where there is none.</summary>
    public int Line => line;

    /// <summary>What is wrong, without the line.</summary>
    public string Problem => problem;
}
