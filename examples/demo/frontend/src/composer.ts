import { pinNote } from './api';
import { byId, create } from './dom';

const colors = ['Straw', 'Rose', 'Sky', 'Sage', 'Lilac'];

/** The form; it clears itself when the note is on the board. */
export function openComposer(): void {
  const form = byId<HTMLFormElement>('composer');
  const problem = byId('problem');
  const author = form.elements.namedItem('author') as HTMLInputElement;
  const body = form.elements.namedItem('body') as HTMLTextAreaElement;
  author.value = localStorage.getItem('author') ?? '';
  form.querySelector('.colors')!.append(
    ...colors.map((name, index) =>
      create('label', { title: name, className: `swatch color-${index}` }, [create('input', { type: 'radio', name: 'color', value: String(index), checked: index === 0, ariaLabel: name })]),
    ),
  );
  body.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) form.requestSubmit();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const data = new FormData(form);
    localStorage.setItem('author', author.value);
    problem.hidden = true;
    pinNote({ author: author.value, body: body.value, color: Number(data.get('color') ?? 0) }).then(
      () => {
        body.value = '';
        body.focus();
      },
      (error: Error) => {
        problem.textContent = error.message;
        problem.hidden = false;
      },
    );
  });
}
