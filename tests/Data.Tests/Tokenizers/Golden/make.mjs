// Writes NAME.json beside this file: the ids that an independent implementation gives to texts.json.
//   eng/test-services.sh && NODE_PATH=artifacts/node/node_modules node tests/Data.Tests/Tokenizers/Golden/make.mjs gpt2 llama2 llama3 qwen2_5
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const folder = import.meta.dirname;
const modules = path.resolve(process.env.NODE_PATH);
const { TokenizerLoader } = createRequire(path.join(modules, "x.js"))("@lenml/tokenizers");
const read = file => JSON.parse(fs.readFileSync(file));
for (const name of process.argv.slice(2)) {
  const models = path.join(modules, "@lenml", `tokenizer-${name}`, "models");
  const tokenizer = TokenizerLoader.fromPreTrained({
    tokenizerJSON: read(path.join(models, "tokenizer.json")),
    tokenizerConfig: read(path.join(models, "tokenizer_config.json")),
  });
  const lines = read(path.join(folder, "texts.json"))
    .map(text => JSON.stringify({ text, ids: tokenizer.encode(text, { add_special_tokens: false }) }));
  fs.writeFileSync(path.join(folder, `${name}.json`), `[\n${lines.join(",\n")}\n]\n`);
}
