// Writes the files beside it: npm i apache-arrow@21.2.0 parquet-wasm@0.8.0; node make.mjs
// Tables with lists of structs, as the hub has chats, written by Apache's Arrow for JavaScript and by arrow-rs (parquet-wasm).
import * as arrow from 'apache-arrow';
import { writeFileSync } from 'node:fs';
import * as parquet from 'parquet-wasm/node';

const text = new arrow.Utf8(), number = new arrow.Int64();
const field = (name, type) => new arrow.Field(name, type, true);
const call = new arrow.Struct([field('id', text), field('type', text),
  field('function', new arrow.Struct([field('name', text), field('arguments', text)]))]);
const message = new arrow.Struct([field('role', text), field('content', text),
  field('tool_calls', new arrow.List(field('item', call))), field('weight', number)]);
const turn = (role, content, tool_calls = null, weight = null) => ({ role, content, tool_calls, weight });
const calls = [
  { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"x": 1}' } },
  { id: 'c2', type: 'function', function: { name: 'g', arguments: '{}' } },
];
const chats = [
  [turn('system', 's'), turn('user', 'Größe 日本 😀'), turn('assistant', null, calls), turn('tool', 'r', []), turn('assistant', 'a', null, 1n)],
  [turn('user', 'u'), turn('assistant', 'b', null, 0n), turn('user', ''), turn('assistant', 'c')],
];
const table = new arrow.Table({
  id: arrow.vectorFromArray([1n, 2n], number),
  messages: arrow.vectorFromArray(chats, new arrow.List(field('item', message))),
  tags: arrow.vectorFromArray([['x', 'y'], []], new arrow.List(field('item', text))),
  score: arrow.vectorFromArray([0.5, null], new arrow.Float64()),
  source: arrow.vectorFromArray(['web', 'web'], new arrow.Dictionary(text, new arrow.Int32())),
});
const stream = arrow.tableToIPC(table, 'stream');
writeFileSync('chats-stream.arrow', stream);
for (const [name, compression] of Object.entries({ snappy: 'SNAPPY', zstd: 'ZSTD', gzip: 'GZIP' })) {
  const writer = new parquet.WriterPropertiesBuilder().setCompression(parquet.Compression[compression]).setMaxRowGroupSize(1).build();
  writeFileSync(`chats-${name}.parquet`, parquet.writeParquet(parquet.Table.fromIPCStream(stream), writer));
}

const ids = new arrow.List(field('item', new arrow.Int32()));
const tokens = new arrow.Table({
  input_ids: arrow.vectorFromArray([[5, 6, 7], [8, 9]], ids),
  labels: arrow.vectorFromArray([[-100, 6, 7], [-100, 9]], ids),
  attention_mask: arrow.vectorFromArray([[1, 1, 1], [1, 1]], ids),
});
writeFileSync('tokens-zstd.parquet', parquet.writeParquet(parquet.Table.fromIPCStream(arrow.tableToIPC(tokens, 'stream')),
  new parquet.WriterPropertiesBuilder().setCompression(parquet.Compression.ZSTD).build()));
