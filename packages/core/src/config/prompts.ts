/** The answer of somebody who would rather not. */
export const cancelled: unique symbol = Symbol.for('envctl/prompt-cancelled') as never;
export type Cancelled = typeof cancelled;

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

/** What the wizard asks with. One implementation draws on a terminal; tests answer from a list. */
export interface ConfigPrompts {
  intro(text: string): void;
  outro(text: string): void;
  note(text: string, title: string): void;
  select<T extends string>(question: { readonly message: string; readonly choices: readonly Choice<T>[]; readonly initial: T }): Promise<T | Cancelled>;
  multiselect<T extends string>(question: { readonly message: string; readonly choices: readonly Choice<T>[]; readonly initial: readonly T[] }): Promise<readonly T[] | Cancelled>;
  /** `check` gives what is wrong with an answer, or undefined. */
  text(question: { readonly message: string; readonly initial: string; readonly check: (answer: string) => string | undefined }): Promise<string | Cancelled>;
  confirm(question: { readonly message: string; readonly initial: boolean }): Promise<boolean | Cancelled>;
}
