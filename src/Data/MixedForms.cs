namespace LisaOrleans.Data;

/// <summary>A source of which the chat template of the model's folder writes only some records.</summary>
/// <param name="Source">Which one, from 1.</param>
/// <param name="Chats">Records that the template writes.</param>
/// <param name="Joined">Prompts with their answers, which are joined as they are.</param>
public readonly record struct MixedForms(int Source, int Chats, int Joined);
