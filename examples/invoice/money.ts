/** Hundredths of what a line comes to; `undefined` while it cannot be said. */
export function amountOf({ quantity, price }: { quantity?: unknown; price?: unknown }): number | undefined {
  const [count, each] = [quantity, price].map((one) => Number(one === "" ? Number.NaN : one)) as [number, number];
  const amount = Math.round(count * each * 100);
  return Number.isSafeInteger(amount) && amount >= 0 ? amount : undefined;
}

export function sum(amounts: readonly (number | undefined)[]): number {
  return amounts.reduce<number>((total, amount) => total + (amount ?? 0), 0);
}

/** Hundredths as people write them. */
export function written(amount: number, currency: string): string {
  return new Intl.NumberFormat("en-GB", { style: "currency", currency }).format(amount / 100);
}
