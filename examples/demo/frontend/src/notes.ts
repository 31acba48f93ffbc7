import { giveHeart, type Note } from './api';
import { byId, create } from './dom';

const list = byId<HTMLUListElement>('notes');
const shown = new Map<string, HTMLLIElement>();

/** Brings the list in line with what was read: what stays is kept in place, what is new slides in. */
export function showNotes(notes: readonly Note[]): void {
  const first = shown.size === 0;
  const wanted = new Set(notes.map((note) => note.id));
  for (const [id, item] of shown) {
    if (wanted.has(id)) continue;
    item.remove();
    shown.delete(id);
  }
  notes.forEach((note, index) => {
    const item = shown.get(note.id) ?? createItem(note, first ? index : 0);
    update(item, note);
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    shown.set(note.id, item);
  });
}

function createItem(note: Note, index: number): HTMLLIElement {
  const heart = create('button', { type: 'button', className: 'heart', title: 'I like this' }, [create('span', { textContent: '♥' }), create('b')]);
  heart.addEventListener('click', () => {
    heart.classList.remove('beat');
    void heart.offsetWidth;
    heart.classList.add('beat');
    giveHeart(note.id).catch(() => undefined);
  });
  const item = create('li', { className: `note color-${note.color}` }, [
    create('p', { textContent: note.body }),
    create('footer', {}, [create('span', { className: 'author', textContent: note.author }), create('time', { dateTime: note.createdAt }), heart]),
  ]);
  item.style.animationDelay = `${Math.min(index, 8) * 40}ms`;
  item.style.setProperty('--tilt', `${((Number(note.id) * 37) % 5) * 0.3 - 0.6}deg`);
  return item;
}

function update(item: HTMLLIElement, note: Note): void {
  item.querySelector('time')!.textContent = age(note.createdAt);
  item.querySelector('.heart b')!.textContent = String(note.hearts);
}

const relative = new Intl.RelativeTimeFormat('en', { style: 'narrow', numeric: 'auto' });

function age(iso: string): string {
  const seconds = (Date.now() - Date.parse(iso)) / 1000;
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return relative.format(-Math.round(seconds / 60), 'minute');
  if (seconds < 86_400) return relative.format(-Math.round(seconds / 3600), 'hour');
  return relative.format(-Math.round(seconds / 86_400), 'day');
}
