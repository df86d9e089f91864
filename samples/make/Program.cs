// Writes what the sample model is made from: stories, a tokenizer learned on them, random weights, questions and answers.
// Called by make.sh, which then trains the model with lisa itself.
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LisaOrleans.Samples.Make;

var folder = args is [var given] ? given : throw new ArgumentException("usage: make FOLDER");
var json = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
var model = Directory.CreateDirectory(Path.Combine(folder, "untrained")).FullName;

var stories = Stories.Create(count: 6000, seed: 1);
var (train, held) = Questions.Create(seed: 2);
Write("stories.jsonl", stories.Select(s => JsonSerializer.Serialize(new { text = s }, json)));
Write("animals.jsonl", train.Select(q => JsonSerializer.Serialize(new { prompt = q.Prompt, completion = " " + q.Completion }, json)));
Write("animals-pairs.jsonl", Questions.Pairs(train).Select(p => JsonSerializer.Serialize(
    new { prompt = p.Prompt, chosen = " " + p.Chosen, rejected = " " + p.Rejected }, json)));
Write("animals-held-out.jsonl", held.Select(q => JsonSerializer.Serialize(new { prompt = q.Prompt, completion = " " + q.Completion }, json)));

var pieces = BpeTrainer.Train(
    stories.Concat(train.SelectMany(q => new[] { q.Prompt, q.Completion })), vocabularySize: RandomModelShape.TinyStories.VocabularySize);
File.WriteAllBytes(Path.Combine(model, "tokenizer.model"), SentencePieceModel.Serialize(pieces));
await RandomModel.WriteAsync(model, RandomModelShape.TinyStories, seed: 3);

void Write(string name, IEnumerable<string> lines) =>
    File.WriteAllText(Path.Combine(folder, name), string.Concat(lines.Select(l => l + "\n")), new UTF8Encoding(false));
