// pg-boss with big batches and continuous fetching: pgboss.mjs <url> <what> <count>
// Prints one line of JSON. It keeps its ended jobs, as ours does.
import { PgBoss } from "pg-boss";
import pg from "pg";

const [url, what, countText] = process.argv.slice(2);
const count = Number(countText);
const now = () => performance.timeOrigin + performance.now();
const pool = new pg.Pool({ connectionString: url, max: 4 });
const boss = new PgBoss({ connectionString: url, max: 24, supervise: false, schedule: false });
boss.on("error", (e) => console.error(`pg-boss: ${e.message}`));
await boss.start();
await boss.createQueue("noop");
const say = (result) => console.log(JSON.stringify(result));
const number = async (where, queue = "noop") =>
  Number((await pool.query(`select count(*) from pgboss.job where name = '${queue}' and ${where}`))
    .rows[0].count);

async function bulk(n, callers = 1) {
  const began = now();
  let at = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    while (at < n) {
      const size = Math.min(1000, n - at);
      at += size;
      await boss.insert("noop", Array.from({ length: size }, () => ({ data: {} })));
    }
  }));
  return n / ((now() - began) / 1000);
}

async function burn(n, workers, batchSize, queue = "noop") {
  const seen = new Set();
  let twice = 0, finished;
  const all = new Promise((done) => { finished = done; });
  const cpu = process.cpuUsage();
  const began = now();
  const handler = async (jobs) => {
    for (const { id } of jobs) {
      if (seen.has(id)) twice++;
      seen.add(id);
    }
    if (seen.size === n) finished();
  };
  const options = { batchSize, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true,
                    localConcurrency: workers };
  await boss.work(queue, options, handler);
  await all;
  while ((await number("state < 'completed'", queue)) > 0) await new Promise((r) => setTimeout(r, 5));
  const seconds = (now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  return { rate: n / seconds, seconds, lost: n - seen.size, twice,
           cpu_s: (used.user + used.system) / 1e6, workers, batchSize };
}

if (what === "burn") {
  const enqueue = await bulk(count);
  await pool.query("vacuum analyze");
  await pool.query("checkpoint");
  const [workers, size] = [Number(process.argv[5] ?? 2), Number(process.argv[6] ?? 2000)];
  say({ enqueue, ...(await burn(count, workers, size)) });
} else if (what === "fifo") { // one at a time for each of so many keys, in their order
  const keys = Number(process.argv[5]);
  await boss.createQueue("fifo", { policy: "key_strict_fifo" });
  for (let at = 0; at < count; at += 1000)
    await boss.insert("fifo", Array.from({ length: Math.min(1000, count - at) }, (_, i) =>
      ({ data: {}, singletonKey: `k${(at + i) % keys}` })));
  await pool.query("vacuum analyze");
  say(await burn(count, 2, 2000, "fifo"));
} else if (what === "bulk") {
  say({ rate: await bulk(count, Number(process.argv[5])) });
} else if (what === "single") {
  const began = now();
  let sent = 0;
  await Promise.all(Array.from({ length: 64 }, async () => {
    while (now() - began < count * 1000) { await boss.send("noop", {}); sent++; }
  }));
  say({ rate: sent / ((now() - began) / 1000), kept: await number("true"), sent });
} else if (what === "steady") { // burns what is added at a constant rate; a line per second
  let done = 0;
  await boss.work("noop", { batchSize: 2000, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true,
                            localConcurrency: 2 }, async (jobs) => { done += jobs.length; });
  const rate = count, until = now() + Number(process.argv[5]) * 1000;
  const began = now();
  let added = 0, second = 1;
  while (now() < until) {
    const size = Math.min(2000, Math.floor(((now() - began) / 1000) * rate) - added);
    if (size > 0) {
      await boss.insert("noop", Array.from({ length: size }, () => ({ data: {} })));
      added += size;
    }
    if (now() - began >= second * 1000) { say({ second, done }); done = 0; second++; }
    await new Promise((r) => setTimeout(r, 20));
  }
}
process.exit(0);
