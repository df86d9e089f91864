namespace LisaOrleans.Data;

/// <summary>A chat, and nothing that says how to write it: the model's folder has no chat template, and none was named.</summary>
public sealed class MissingChatTemplateException(string message) : DatasetException(message);
