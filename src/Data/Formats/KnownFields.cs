namespace LisaOrleans.Data;

/// <summary>Names of fields whose meaning is the same in all public data sets.</summary>
internal static class KnownFields
{
    // Columns that say something about a record. Leaving them out changes nothing that is learned.
    private static readonly HashSet<string> s_metadata = new(StringComparer.OrdinalIgnoreCase)
    {
        "id", "idx", "index", "uuid", "guid", "key", "hash", "md5", "sha256", "checksum", "__index_level_0__",
        "source", "sources", "origin", "dataset", "dataset_name", "subset", "split", "provenance",
        "category", "categories", "topic", "topics", "subject", "subjects", "tag", "tags", "keywords", "domain", "field", "task", "task_type", "type",
        "difficulty", "level", "score", "scores", "score_chosen", "score_rejected",
        "rating", "ratings", "quality", "rank", "votes", "upvotes", "likes",
        "language", "lang", "locale", "url", "urls", "uri", "link", "title", "author", "authors", "creator", "license", "copyright",
        "date", "time", "timestamp", "created", "created_at", "updated", "updated_at", "version",
        "model", "model_name", "generator", "annotator", "meta", "metadata", "comment", "comments", "note", "notes",
        "length", "len", "n_tokens", "num_tokens", "token_count", "tokens_count", "num_turns", "turn_count", "word_count", "char_count", "size",
        "file", "filename", "file_name", "path", "file_path", "line", "line_number", "parallel_tool_calls", "token_type_ids",
    };

    // Fields that change what is learned. They are never left out unless the user names them.
    private static readonly HashSet<string> s_meaningful = new(StringComparer.OrdinalIgnoreCase)
    {
        "weight", "weights", "train", "loss", "loss_weight", "mask", "label", "labels",
        "tools", "functions", "tool_calls", "function_call", "tool_call_id", "tool_plan", "documents", "context", "contexts",
        "history", "system", "system_prompt", "system_message", "developer", "name",
        "thinking", "reasoning", "reasoning_content", "think", "thought", "enable_thinking", "chat_template_kwargs",
        "image", "images", "video", "videos", "audio", "audios", "chosen", "rejected", "preferred_output", "non_preferred_output",
        "instruction", "input",
    };

    // Fields of formats, by which the header of a CSV file is recognised.
    private static readonly HashSet<string> s_read = new(StringComparer.Ordinal)
    {
        "text", "prompt", "completion", "instruction", "input", "output", "messages", "conversations", "conversation", "chosen", "rejected",
        "preferred_output", "non_preferred_output", "input_ids",
    };

    public static bool IsRead(string name) => s_read.Contains(name);

    public static bool IsMetadata(string name) =>
        s_metadata.Contains(name) || name.EndsWith("_id", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("meta_", StringComparison.OrdinalIgnoreCase);

    public static bool IsMeaningful(string name) => s_meaningful.Contains(name);
}
