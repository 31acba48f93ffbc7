/** A typed key of the container. Two copies of core that ask for the same id get the same symbol. */
export type Token<T> = symbol & { readonly __type?: T };

/** The token of `id`; the phantom type says what the container gives for it. */
export function createToken<T>(id: string): Token<T> {
  return Symbol.for(`envctl/${id}`);
}
