import type { BoardRead, Status } from './api';
import { byId, create } from './dom';

interface Sample {
  readonly ms: number;
  readonly source: BoardRead['source'];
}

const samples: Sample[] = [];
const kept = 24;

/** The read that just happened: how long it took, where it came from, and how that compares. */
export function showRead(read: BoardRead): void {
  samples.push({ ms: read.ms, source: read.source });
  if (samples.length > kept) samples.shift();
  byId('read-ms').textContent = formatMs(read.ms);
  const badge = byId('read-source');
  badge.textContent = read.source === 'redis' ? 'cache hit' : 'from Postgres';
  badge.className = `badge ${read.source}`;
  drawSamples();
}

export function showStatus(status: Status): void {
  const project = byId('project');
  project.hidden = false;
  project.textContent = status.project;
  const { postgres, redis } = status;
  showStore('postgres', postgres, [
    ['notes', postgres.notes],
    ['migrations', postgres.migrations],
    ['database', postgres.database],
    ['role', postgres.role],
  ]);
  showStore('redis', redis, [
    ['hits', redis.hits],
    ['misses', redis.misses],
    ['memory', redis.memory],
    ['board cached for', redis.ttl === undefined ? undefined : redis.ttl > 0 ? `${redis.ttl} s` : 'not now'],
  ]);
  if (redis.hits !== undefined && redis.misses !== undefined) showSplit(redis.hits, redis.misses);
}

function showStore(id: 'postgres' | 'redis', store: Status['postgres' | 'redis'], facts: readonly (readonly [string, string | number | undefined])[]): void {
  const card = byId(id);
  card.dataset['ok'] = String(store.ok);
  card.querySelector('.version')!.textContent = store.version ?? '';
  card.querySelector('.ms')!.textContent = store.ok ? formatMs(store.ms ?? 0) : (store.error ?? 'no answer');
  card.querySelector('dl')!.replaceChildren(
    ...facts.filter(([, value]) => value !== undefined).map(([name, value]) => create('div', {}, [create('dt', { textContent: name }), create('dd', { textContent: String(value), title: String(value) })])),
  );
}

function showSplit(hits: number, misses: number): void {
  const total = hits + misses;
  const share = total === 0 ? 0 : hits / total;
  byId('split').style.setProperty('--share', `${share * 100}%`);
  byId('split-text').textContent = total === 0 ? 'No reads yet' : `${Math.round(share * 100)} % of ${total.toLocaleString('en')} reads never reached Postgres`;
}

/** One bar a read, on a square-root scale: a hit is often a tenth of a miss, and both should be seen. */
function drawSamples(): void {
  const width = 240 / kept;
  const top = Math.max(1, ...samples.map((sample) => sample.ms));
  const bars = samples.map((sample, index) => {
    const height = Math.max(3, Math.sqrt(sample.ms / top) * 54);
    const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    const attributes = { x: (kept - samples.length + index) * width + 1, y: 56 - height, width: width - 2.5, height, rx: 1.5, class: sample.source };
    for (const [name, value] of Object.entries(attributes)) bar.setAttribute(name, String(value));
    return bar;
  });
  byId<SVGElement>('spark').replaceChildren(...bars);
}

function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`;
}
