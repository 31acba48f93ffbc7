/** Like `Promise.all` over `work`, with at most `limit` of them at a time; undefined = all at once. The order of results is the order of items. */
export async function mapAtMost<T, R>(limit: number | undefined, items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit ?? items.length, items.length) }, lane));
  return results;
}
