// The walk of a fine-tuning job through the official package, unchanged: only the base URL is ours.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.env.LISA_TEST_URL, apiKey: process.env.LISA_TEST_KEY, maxRetries: 0 });
const data = process.env.LISA_TEST_DATA;

// Files.
const file = await client.files.create({ file: fs.createReadStream(data), purpose: 'fine-tune' });
assert.equal(file.object, 'file');
assert.equal(file.purpose, 'fine-tune');
assert.equal(file.bytes, fs.statSync(data).size);
assert.equal(file.status, 'processed');
assert.deepEqual(await client.files.retrieve(file.id), file);
assert.equal(await (await client.files.content(file.id)).text(), fs.readFileSync(data, 'utf8'));
const listed = [];
for await (const f of client.files.list({ purpose: 'fine-tune' })) listed.push(f.id);
assert.deepEqual(listed, [file.id]);

const passing = await client.files.create({
  file: fs.createReadStream(data), purpose: 'fine-tune', expires_after: { anchor: 'created_at', seconds: 3600 },
});
assert.equal(passing.expires_at, passing.created_at + 3600);
assert.equal(file.expires_at, null);
await client.files.delete(passing.id);

// Models.
const models = [];
for await (const m of client.models.list()) models.push(m.id);
assert.ok(models.includes(process.env.LISA_TEST_MODEL));
assert.equal((await client.models.retrieve(process.env.LISA_TEST_MODEL)).object, 'model');

// A job, with OpenAI's settings and with LISA's.
const created = await client.fineTuning.jobs.create({
  model: process.env.LISA_TEST_MODEL,
  training_file: file.id,
  validation_file: file.id,
  suffix: 'animals',
  seed: 7,
  metadata: { team: 'zoo' },
  method: {
    type: 'lisa',
    lisa: {
      hyperparameters: {
        lisa_activated_layers: 2, lisa_interval_steps: 4, max_steps: 12, save_steps: 5, keep_manifests: 'all', learning_rate: 1e-3,
        per_device_train_batch_size: 4, block_size: 64, threads: 1,
      },
    },
  },
});
assert.equal(created.object, 'fine_tuning.job');
assert.match(created.id, /^ftjob-/);
assert.ok(['validating_files', 'queued', 'running'].includes(created.status), created.status);
assert.equal(created.fine_tuned_model, null);
assert.equal(created.seed, 7);
assert.deepEqual(created.metadata, { team: 'zoo' });
assert.equal(created.method.lisa.hyperparameters.lisa_interval_steps, 4);

// Its events: as a stream to the end, and then by pages.
const streamed = [];
const response = await client.get(`/fine_tuning/jobs/${created.id}/events`, { query: { stream: true }, stream: true });
for await (const event of response) streamed.push(event);
const steps = streamed.filter((e) => e.type === 'metrics').map((e) => e.data.step);
assert.deepEqual(steps, Array.from({ length: 12 }, (_, i) => i + 1));
assert.equal(new Set(streamed.map((e) => e.id)).size, streamed.length);
assert.match(streamed.at(-1).message, /successfully completed/);

const paged = [];
for await (const event of client.fineTuning.jobs.listEvents(created.id, { limit: 5 })) paged.push(event);
assert.deepEqual(paged.map((e) => e.id).sort(), streamed.map((e) => e.id).sort());
assert.match(paged[0].message, /successfully completed/);
assert.equal(paged[0].object, 'fine_tuning.job.event');

// Its end.
const job = await client.fineTuning.jobs.retrieve(created.id);
assert.equal(job.status, 'succeeded');
assert.ok(job.trained_tokens > 0);
assert.ok(job.finished_at >= job.created_at);
assert.match(job.fine_tuned_model, /^ft:tiny-stories:lisa:animals:/);
assert.equal(job.error, null);

const checkpoints = [];
for await (const c of client.fineTuning.jobs.checkpoints.list(created.id)) checkpoints.push(c);
assert.deepEqual(checkpoints.map((c) => c.step_number), [12, 10, 5]);
assert.equal(checkpoints[0].fine_tuned_model_checkpoint, job.fine_tuned_model);
assert.ok(checkpoints[0].metrics.train_loss > 0);
assert.ok(checkpoints[0].metrics.valid_loss > 0);
assert.equal(checkpoints[2].fine_tuned_model_checkpoint, `${job.fine_tuned_model}:ckpt-step-5`);
assert.equal(checkpoints[2].fine_tuning_job_id, job.id);
await assert.rejects(client.models.retrieve(`${job.fine_tuned_model}:ckpt-step-6`), OpenAI.NotFoundError);
await assert.rejects(client.models.delete(checkpoints[2].fine_tuned_model_checkpoint), OpenAI.PermissionDeniedError);

// Its metrics.
assert.equal(job.result_files.length, 1);
const results = await client.files.retrieve(job.result_files[0]);
assert.equal(results.purpose, 'fine-tune-results');
assert.equal(results.created_at, job.finished_at);
const csv = await (await client.files.content(results.id)).text();
assert.equal(Buffer.byteLength(csv), results.bytes);
const [head, ...lines] = csv.trimEnd().split('\n').map((line) => line.split(','));
const table = lines.map((line) => Object.fromEntries(line.map((value, i) => [head[i], value])));
assert.deepEqual(table.map((row) => Number(row.step)), steps);
const told = streamed.filter((e) => e.type === 'metrics').map((e) => e.data);
assert.deepEqual(table.map((row) => Number(row.train_loss)), told.map((d) => d.train_loss));
assert.equal(Number(table.at(-1).valid_loss), checkpoints[0].metrics.valid_loss);
assert.equal(table.filter((row) => row.valid_loss !== '').length, told.filter((d) => 'valid_loss' in d).length);

const jobs = [];
for await (const j of client.fineTuning.jobs.list({ limit: 1, metadata: { team: 'zoo' } })) jobs.push(j.id);
assert.deepEqual(jobs, [created.id]);
assert.deepEqual((await client.fineTuning.jobs.list({ metadata: { team: 'other' } })).data, []);

// What it made is a model, and so is each of its checkpoints; all can be fine-tuned further.
const tuned = await client.models.retrieve(job.fine_tuned_model);
assert.equal(tuned.owned_by, 'lisa');
const early = await client.models.retrieve(checkpoints[2].fine_tuned_model_checkpoint);
assert.equal(early.owned_by, 'lisa');
for (const model of [tuned.id, early.id, process.env.LISA_TEST_MODEL]) {
  const chat = await client.chat.completions.create({ model, max_tokens: 8, messages: [{ role: 'user', content: 'What does the owl eat?' }] });
  assert.equal(chat.object, 'chat.completion');
  assert.equal(typeof chat.choices[0].message.content, 'string');
  let text = '';
  for await (const piece of await client.completions.create({ model, prompt: 'The owl', max_tokens: 8, stream: true })) text += piece.choices[0].text;
  assert.ok(text.length > 0);
}
const next = await client.fineTuning.jobs.create({
  model: early.id,
  training_file: file.id,
  method: { type: 'supervised', supervised: { hyperparameters: { n_epochs: 50, batch_size: 4, learning_rate_multiplier: 'auto' } } },
});
assert.equal(next.hyperparameters.n_epochs, 50);
let status = next.status;
while (status === 'validating_files' || status === 'queued') {
  await new Promise((done) => setTimeout(done, 50));
  status = (await client.fineTuning.jobs.retrieve(next.id)).status;
}
assert.equal(status, 'running');
assert.equal((await client.fineTuning.jobs.pause(next.id)).status, 'paused');
assert.equal((await client.fineTuning.jobs.resume(next.id)).object, 'fine_tuning.job');
const cancelled = await client.fineTuning.jobs.cancel(next.id);
assert.equal(cancelled.status, 'cancelled');
assert.ok(cancelled.finished_at);
assert.equal(new Set([...cancelled.result_files, ...job.result_files]).size, cancelled.result_files.length + 1);
await assert.rejects(client.fineTuning.jobs.cancel(next.id), OpenAI.BadRequestError);

// Clean up.
assert.deepEqual(await client.models.delete(job.fine_tuned_model), { id: job.fine_tuned_model, object: 'model', deleted: true });
await assert.rejects(client.models.retrieve(job.fine_tuned_model), OpenAI.NotFoundError);
const gone = { max_tokens: 1, messages: [{ role: 'user', content: 'Hello' }] };
for (const model of [job.fine_tuned_model, created.id, 'nobody']) await assert.rejects(client.chat.completions.create({ model, ...gone }), OpenAI.NotFoundError);
assert.equal(await (await client.files.content(results.id)).text(), csv);
assert.ok((await client.files.delete(results.id)).deleted);
await assert.rejects(client.files.content(results.id), OpenAI.NotFoundError);
assert.deepEqual(await client.files.delete(file.id), { id: file.id, object: 'file', deleted: true });
await assert.rejects(client.files.retrieve(file.id), OpenAI.NotFoundError);
