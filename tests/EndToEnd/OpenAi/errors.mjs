// What goes wrong comes as the package's typed errors.
import assert from 'node:assert/strict';
import OpenAI, { toFile } from 'openai';

const options = { baseURL: process.env.LISA_TEST_URL, maxRetries: 0 };
const client = new OpenAI({ ...options, apiKey: process.env.LISA_TEST_KEY });
const reader = new OpenAI({ ...options, apiKey: process.env.LISA_TEST_READ_KEY });
const stranger = new OpenAI({ ...options, apiKey: 'lisa-wrong' });

const fails = async (promise, type, says = {}) => {
  try {
    await promise;
  } catch (e) {
    assert.ok(e instanceof type, `${e.constructor.name}: ${e.message}`);
    for (const [name, value] of Object.entries(says)) {
      if (value instanceof RegExp) assert.match(String(e[name] ?? e.error[name]), value);
      else assert.equal(e[name], value, `${name} of ${e.message}`);
    }
    assert.ok(e.error.message);
    assert.equal(typeof e.type, 'string');
    return;
  }
  assert.fail(`${type.name} was expected`);
};
const upload = (text, who = client, name = 'data.jsonl') => toFile(Buffer.from(text), name).then((file) => who.files.create({ file, purpose: 'fine-tune' }));

// Bad files.
await fails(upload('{"text": "a"}\n{"text": \n'), OpenAI.BadRequestError, { message: /line 2/, param: 'file', code: 'invalid_jsonl' });
await fails(upload('{"text": "a"}\n["b"]\n'), OpenAI.BadRequestError, { message: /line 2/ });
await fails(upload(''), OpenAI.BadRequestError, { param: 'file' });
await fails(client.files.create({ file: await toFile(Buffer.from('{}'), 'x'), purpose: 'nonsense' }), OpenAI.BadRequestError, { param: 'purpose' });
await fails(upload(`{"text": "${'a'.repeat(2 << 20)}"}\n`), OpenAI.APIError, { status: 413, code: 'file_too_large' });

// What is not there.
const file = await upload('{"text": "a"}\n');
const job = { model: process.env.LISA_TEST_MODEL, training_file: file.id };
await fails(client.fineTuning.jobs.create({ ...job, model: 'gpt-unknown' }), OpenAI.NotFoundError, { code: 'model_not_found', param: 'model' });
await fails(client.fineTuning.jobs.create({ ...job, model: '../tiny-stories' }), OpenAI.NotFoundError, { code: 'model_not_found' });
await fails(client.models.retrieve('ft:tiny-stories:lisa:x:abc'), OpenAI.NotFoundError, { code: 'model_not_found' });
await fails(client.fineTuning.jobs.create({ ...job, training_file: 'file-none' }), OpenAI.BadRequestError, { param: 'training_file' });
await fails(client.files.retrieve('file-none'), OpenAI.NotFoundError);
await fails(client.fineTuning.jobs.retrieve('ftjob-none'), OpenAI.NotFoundError, { code: 'fine_tune_not_found' });
await fails(client.get('/nothing/here'), OpenAI.NotFoundError, { code: 'unknown_url' });
await fails(client.models.delete(process.env.LISA_TEST_MODEL), OpenAI.PermissionDeniedError);

// Settings that cannot be.
const lisa = (hyperparameters) => client.fineTuning.jobs.create({ ...job, method: { type: 'lisa', lisa: { hyperparameters } } });
await fails(lisa({ lisa_activated_layers: 99 }), OpenAI.BadRequestError, { param: 'method.lisa.hyperparameters.lisa_activated_layers' });
await fails(lisa({ learning_rate: 'fast' }), OpenAI.BadRequestError, { param: 'method.lisa.hyperparameters.learning_rate' });
await fails(lisa({ unheard_of: 1 }), OpenAI.BadRequestError, { message: /unheard_of/ });
await fails(client.fineTuning.jobs.create({ ...job, method: { type: 'reinforcement' } }), OpenAI.BadRequestError, { param: 'method.type' });
await fails(client.fineTuning.jobs.create({ training_file: file.id }), OpenAI.BadRequestError, { message: /model/ });
await fails(client.fineTuning.jobs.list({ limit: 0 }), OpenAI.BadRequestError, { param: 'limit' });
await fails(client.fineTuning.jobs.list({ after: 'ftjob-none' }), OpenAI.BadRequestError, { param: 'after' });

// Malformed JSON; a body that is too large.
const headers = { 'Content-Type': 'application/json' };
await fails(client.post('/fine_tuning/jobs', { body: '{"model": ', headers, __binaryRequest: true }), OpenAI.BadRequestError, { message: /parse the JSON/ });
await fails(client.fineTuning.jobs.create({ ...job, suffix: 'a'.repeat(2 << 20) }), OpenAI.APIError, { status: 413 });

// Keys.
await fails(stranger.models.list(), OpenAI.AuthenticationError, { code: 'invalid_api_key' });
await fails(upload('{"text": "a"}\n', stranger), OpenAI.AuthenticationError);
await fails(upload('{"text": "a"}\n', reader), OpenAI.PermissionDeniedError, { code: 'insufficient_permissions' });
await fails(reader.files.delete(file.id), OpenAI.PermissionDeniedError);
assert.equal((await reader.files.retrieve(file.id)).id, file.id);

// The same request twice.
const once = { headers: { 'Idempotency-Key': 'one' } };
const first = await client.fineTuning.jobs.create({ ...job, method: { type: 'lisa', lisa: { hyperparameters: { max_steps: 1 } } } }, once);
const again = await client.fineTuning.jobs.create({ ...job, method: { type: 'lisa', lisa: { hyperparameters: { max_steps: 1 } } } }, once);
assert.deepEqual(again, first);
await fails(client.fineTuning.jobs.create(job, once), OpenAI.UnprocessableEntityError, { code: 'idempotency_key_reused' });

// Data that is no training data makes a job that fails, and says why.
const useless = await upload('{"a": 1}\n');
let failed = await client.fineTuning.jobs.create({ ...job, training_file: useless.id });
while (failed.status === 'validating_files') {
  await new Promise((done) => setTimeout(done, 50));
  failed = await client.fineTuning.jobs.retrieve(failed.id);
}
assert.equal(failed.status, 'failed');
assert.equal(failed.error.param, 'training_file');
assert.match(failed.error.message, /data\.jsonl: line 1/);
