namespace LisaOrleans.Model;

/// <summary>How rotary frequencies are stretched for longer contexts (<c>rope_scaling</c> of config.json).</summary>
public abstract record RopeScaling;
