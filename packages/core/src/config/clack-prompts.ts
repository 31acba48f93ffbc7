import { cancelled, type Cancelled, type ConfigPrompts } from './prompts.js';

/** Prompts in a terminal. The library is loaded at the first call of this function only. */
export async function createTerminalPrompts(): Promise<ConfigPrompts> {
  const clack = await import('@clack/prompts');
  // A terminal that tells no width (a bare pty) would get one character on each line.
  if (process.stdout.isTTY && process.stdout.columns === 0) process.stdout.columns = 80;
  const answered = <T>(answer: T | symbol): T | Cancelled => (typeof answer === 'symbol' ? cancelled : answer);
  return {
    intro: (text) => clack.intro(text),
    outro: (text) => clack.outro(text),
    note: (text, title) => clack.note(text, title),
    async select({ message, choices, initial }) {
      return answered(await clack.select<string>({ message, options: choices.map(toOption), initialValue: initial })) as never;
    },
    async multiselect({ message, choices, initial }) {
      return answered(await clack.multiselect<string>({ message, options: choices.map(toOption), initialValues: [...initial], required: false })) as never;
    },
    async text({ message, initial, check }) {
      return answered(await clack.text({ message, initialValue: initial, validate: (answer) => check(answer ?? '') }));
    },
    async confirm({ message, initial }) {
      return answered(await clack.confirm({ message, initialValue: initial }));
    },
  };
}

function toOption(choice: { readonly value: string; readonly label: string; readonly hint?: string }): { value: string; label: string; hint?: string } {
  return { ...choice };
}
