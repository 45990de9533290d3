// graphile-worker at its documented best for throughput: graphile.mjs <url> <what> <count>
// Prints one line of JSON. Jobs are deleted when they end: it keeps no outcomes.
import { run, makeWorkerUtils, Logger } from "graphile-worker";
import pg from "pg";

const [url, what, countText] = process.argv.slice(2);
const count = Number(countText);
const quiet = new Logger(() => () => {});
const pool = new pg.Pool({ connectionString: url, max: 24 });
const now = () => performance.timeOrigin + performance.now();
const fast = {
  pgPool: pool, logger: quiet, noHandleSignals: true, concurrentJobs: 24,
  preset: {
    worker: {
      concurrentJobs: 24, maxPoolSize: 24, pollInterval: 2000,
      localQueue: { size: 500, refetchDelay: { durationMs: 10 } }, completeJobBatchDelay: 0, failJobBatchDelay: 0,
    },
  },
};
const idle = { pgPool: pool, logger: quiet, noHandleSignals: true, concurrency: 24 };

const utils = await makeWorkerUtils({ pgPool: pool, logger: quiet });
await utils.migrate();
const say = (result) => console.log(JSON.stringify(result));
const left = async () =>
  Number((await pool.query("select count(*) from graphile_worker.jobs")).rows[0].count);

async function bulk(n, callers = 1) {
  const began = now();
  let at = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    while (at < n) {
      const size = Math.min(1000, n - at);
      at += size;
      await utils.addJobs(
        Array.from({ length: size }, () => ({ identifier: "noop", payload: {} })));
    }
  }));
  return n / ((now() - began) / 1000);
}

// One transfer between two accounts, as a task that locks their rows does it.
async function transfer() {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select balance from accounts where id in (1, 2) order by id for update");
    await client.query("update accounts set balance = balance + 4250 where id = 1");
    await client.query("update accounts set balance = balance - 4250 where id = 2");
    const made = await client.query("insert into postings (amount) values (4250) returning id");
    await client.query("insert into entries (posting_id, account_id, amount)" +
                       " values ($1, 1, 4250), ($1, 2, -4250)", [made.rows[0].id]);
    await client.query("commit");
  } finally {
    client.release();
  }
}

async function burn(n, work) {
  const seen = new Set();
  let twice = 0, finished;
  const all = new Promise((done) => { finished = done; });
  const cpu = process.cpuUsage();
  const began = now();
  const mark = (job) => {
    if (seen.has(job.id)) twice++;
    seen.add(job.id);
    if (seen.size === n) finished();
  };
  const runner = await run({
    ...fast,
    taskList: {
      noop: work ? async (_, { job }) => { await work(); mark(job); } : (_, { job }) => mark(job),
    },
  });
  await all;
  while ((await left()) > 0) await new Promise((r) => setTimeout(r, 5));
  const seconds = (now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  await runner.stop();
  return { rate: n / seconds, seconds, lost: n - seen.size, twice,
           cpu_s: (used.user + used.system) / 1e6 };
}

if (what === "burn") {
  const enqueue = await bulk(count);
  await pool.query("vacuum analyze");
  await pool.query("checkpoint");
  say({ enqueue, ...(await burn(count)) });
} else if (what === "transfer") {
  await pool.query("create table accounts (id bigint primary key, balance bigint not null);" +
                   "insert into accounts values (1, 0), (2, 0);" +
                   "create table postings (id bigserial primary key, amount bigint not null);" +
                   "create table entries (posting_id bigint not null references postings," +
                   " account_id bigint not null references accounts, amount bigint not null," +
                   " primary key (posting_id, account_id))");
  const enqueue = await bulk(count);
  const said = await burn(count, transfer);
  const rows = await pool.query("select count(*) from postings");
  say({ enqueue, ...said, posted: Number(rows.rows[0].count) });
} else if (what === "bulk") {
  say({ rate: await bulk(count, Number(process.argv[5])) });
} else if (what === "single") { // 64 callers of add_job in this process, no HTTP
  const began = now();
  let sent = 0;
  await Promise.all(Array.from({ length: 64 }, async () => {
    while (now() - began < count * 1000) { await utils.addJob("noop", {}); sent++; }
  }));
  const seconds = (now() - began) / 1000;
  say({ rate: sent / seconds, kept: await left(), sent });
} else if (what === "latency") {
  const waits = [], acknowledged = new Map(), started = new Map();
  const settle = (id) => {
    if (acknowledged.has(id) && started.has(id))
      waits.push(Math.max(0, started.get(id) - acknowledged.get(id)));
  };
  const runner = await run({
    ...idle,
    taskList: { noop: (_, { job }) => { started.set(job.id, now()); settle(job.id); } },
  });
  await new Promise((r) => setTimeout(r, 500));
  for (let i = 0; i < count; i++) {
    const job = await utils.addJob("noop", {});
    acknowledged.set(job.id, now());
    settle(job.id);
    await new Promise((r) => setTimeout(r, 10));
  }
  await new Promise((r) => setTimeout(r, 1000));
  await runner.stop();
  waits.sort((a, b) => a - b);
  const at = (share) => waits[Math.min(waits.length - 1, Math.floor(share * waits.length))];
  say({ jobs: waits.length, p50: at(0.5), p99: at(0.99), max: waits.at(-1) });
} else if (what === "steady") { // burns what is added at a constant rate; a line per second
  let done = 0;
  const runner = await run({ ...fast, taskList: { noop: () => { done++; } } });
  const rate = count, until = now() + Number(process.argv[5]) * 1000;
  const began = now();
  let added = 0, second = 1;
  while (now() < until) {
    const due = Math.floor(((now() - began) / 1000) * rate);
    if (due > added) {
      await utils.addJobs(Array.from({ length: Math.min(2000, due - added) },
                                     () => ({ identifier: "noop", payload: {} })));
      added += Math.min(2000, due - added);
    }
    if (now() - began >= second * 1000) { say({ second, done }); done = 0; second++; }
    await new Promise((r) => setTimeout(r, 20));
  }
  await runner.stop();
}
await utils.release();
await pool.end();
process.exit(0);
