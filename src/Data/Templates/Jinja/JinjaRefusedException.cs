namespace LisaOrleans.Data;

/// <summary>A template refused its conversation: it called raise_exception.</summary>
/// <param name="problem">What the template says.</param>
/// <param name="line">Line of the call.</param>
public sealed class JinjaRefusedException(string problem, int line) : JinjaException(problem, line);
