import { backendUrl, emptyCache, onChange, readBoard, readStatus } from './api';
import { openComposer } from './composer';
import { byId } from './dom';
import { showNotes } from './notes';
import { showRead, showStatus } from './rail';

const state = byId('state');

async function refresh(): Promise<void> {
  try {
    const read = await readBoard();
    showNotes(read.notes);
    showRead(read);
  } finally {
    await refreshStatus();
  }
}

async function refreshStatus(): Promise<void> {
  const status = await readStatus();
  showStatus(status);
  tell(status.ok ? 'live' : 'degraded', status.ok ? 'live' : 'a store is away');
}

function tell(name: 'live' | 'degraded' | 'lost', text: string): void {
  state.dataset['state'] = name;
  state.textContent = text;
  state.title = backendUrl;
}

const lost = (): void => tell('lost', 'backend is away');
const guarded = (work: () => Promise<void>) => (): void => void work().catch(lost);

openComposer();
byId('again').addEventListener('click', guarded(refresh));
byId('forget').addEventListener('click', guarded(() => emptyCache().then(refreshStatus)));
onChange({ changed: guarded(refresh), connected: guarded(refresh), lost });
setInterval(guarded(refreshStatus), 3000);
